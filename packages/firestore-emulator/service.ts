import {
  type handleBidiStreamingCall,
  type handleServerStreamingCall,
  type handleUnaryCall,
  Metadata,
  type ServiceError,
  status,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { batchWrite, beginTransaction, commit, rollback } from './calls/commits.ts';
import {
  batchGetDocuments,
  createDocument,
  deleteDocument,
  getDocument,
  updateDocument,
} from './calls/documents.ts';
import { listCollectionIds, listDocuments } from './calls/listing.ts';
import { partitionQuery } from './calls/partitions.ts';
import { runAggregationQuery, runQuery } from './calls/queries.ts';
import { MAX_REQUEST_BYTES } from './limits.ts';
import { Listener } from './listen/listener.ts';
import type { ListenRequest, ListenResponse, TransactionOptions } from './messages.ts';
import { encodingOf } from './proto.ts';
import type { IndexesFile } from './query/indexes-file.ts';
import { FirestoreError, invalidArgument } from './status.ts';
import type { Store } from './store.ts';

/** Callbacks around each call, with which tests delay, reorder or fail calls. */
export interface Hooks {
  beforeCall?: ((method: string, request: unknown) => void | Promise<void>) | undefined;
  /** Runs after the work and before the response. Not called for Listen. */
  afterCall?: ((method: string, request: unknown) => void | Promise<void>) | undefined;
}

/** The answer of Google's servers; Google's emulator answers with UNKNOWN, which the SDK retries. */
const NOT_UTF8 =
  'Invalid request proto: an error was encountered during deserialization of the request proto.';

/** The fields of a request that can begin a transaction: BeginTransaction has `options`, reads have `newTransaction`. */
interface TransactionStart {
  database?: string;
  parent?: string;
  newTransaction?: TransactionOptions;
  options?: TransactionOptions;
}

/** Implements google.firestore.v1.Firestore on a store. A missing method is UNIMPLEMENTED. */
export function createService(
  store: Store,
  indexes: IndexesFile | undefined,
  hooks: Hooks,
): UntypedServiceImplementation {
  /** Calls are atomic because `work` is synchronous. */
  async function execute<Q extends object, R>(
    method: string,
    request: Q,
    work: (store: Store, request: Q) => R,
  ) {
    await hooks.beforeCall?.(method, request);
    const { size, isWellFormed } = encodingOf(request);
    if (!isWellFormed) throw invalidArgument(NOT_UTF8);
    if (size > MAX_REQUEST_BYTES) {
      throw invalidArgument(`Request payload size exceeds the limit: ${MAX_REQUEST_BYTES} bytes.`);
    }
    const { database, parent, newTransaction, options = newTransaction }: TransactionStart = request;
    if (options) await store.open(database ?? parent ?? '').transactions.waitInRetryQueue(options);
    const response = work(store, request);
    await hooks.afterCall?.(method, request);
    return response;
  }

  const unary = <Q extends object>(name: string, work: (store: Store, request: Q) => object) => {
    const handle: handleUnaryCall<Q, object> = ({ request }, callback) => {
      execute(name, request, work).then(
        (response) => callback(null, response),
        (error) => callback(toServiceError(error)),
      );
    };
    return { [name]: handle };
  };

  const streaming = <Q extends object>(
    name: string,
    work: (store: Store, request: Q) => Iterable<object>,
  ) => {
    const handle: handleServerStreamingCall<Q, object> = (call) => {
      execute(name, call.request, (...args: [Store, Q]) => [...work(...args)]).then(
        (responses) => {
          for (const response of responses) call.write(response);
          call.end();
        },
        (error) => {
          // Send headers first: the SDK retries a stream without headers twice, seconds apart, whatever the code.
          call.sendMetadata(new Metadata());
          call.emit('error', toServiceError(error));
        },
      );
    };
    return { [name]: handle };
  };

  const Listen: handleBidiStreamingCall<ListenRequest, ListenResponse> = (call) => {
    const listener = new Listener(store, indexes, (response) => call.write(response));
    let received = Promise.resolve();
    call.on('data', (request: ListenRequest) => {
      received = received
        .then(() => execute('Listen', request, () => listener.receive(request)))
        .catch((error) => {
          listener.close();
          call.emit('error', toServiceError(error));
        });
    });
    call.on('end', () => received.then(() => call.end()));
    for (const event of ['end', 'cancelled', 'close', 'error']) call.on(event, () => listener.close());
  };

  return {
    ...unary('GetDocument', getDocument),
    ...unary('ListDocuments', listDocuments),
    ...unary('ListCollectionIds', listCollectionIds),
    ...unary('CreateDocument', createDocument),
    ...unary('UpdateDocument', updateDocument),
    ...unary('DeleteDocument', deleteDocument),
    ...unary('Commit', commit),
    ...unary('BatchWrite', batchWrite),
    ...unary('BeginTransaction', beginTransaction),
    ...unary('Rollback', rollback),
    ...unary('PartitionQuery', partitionQuery),
    ...streaming('BatchGetDocuments', batchGetDocuments),
    ...streaming('RunQuery', runQuery(indexes)),
    ...streaming('RunAggregationQuery', runAggregationQuery(indexes)),
    Listen,
  };
}

/** A FirestoreError keeps its code and message. Any other error is a bug of this server and is logged. */
function toServiceError(error: unknown): Partial<ServiceError> {
  if (error instanceof FirestoreError) return { code: error.code, details: error.message };
  if (error instanceof Error && 'code' in error && typeof error.code === 'number') {
    return { code: error.code, details: error.message };
  }
  console.error('The embedded Firestore failed on a call:', error);
  return { code: status.INTERNAL, details: 'The embedded Firestore failed; see its console.' };
}
