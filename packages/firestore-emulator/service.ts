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
import { requestSize } from './proto.ts';
import type { IndexesFile } from './query/indexes-file.ts';
import { FirestoreError, invalidArgument } from './status.ts';
import type { Store } from './store.ts';

/** What tests put around the calls: to hold one, let others pass it, or fail it by throwing. */
export interface Hooks {
  beforeCall?: ((method: string, request: unknown) => void | Promise<void>) | undefined;
  /** Between the work and its answer; a stream of Listen has none. */
  afterCall?: ((method: string, request: unknown) => void | Promise<void>) | undefined;
}

/** What requests have that begin a transaction, in one of two ways, or don't. */
interface MayBegin {
  database?: string;
  parent?: string;
  newTransaction?: TransactionOptions;
  options?: TransactionOptions;
}

/** The methods of google.firestore.v1.Firestore on a store. A method that is not here is UNIMPLEMENTED. */
export function createService(
  store: Store,
  indexes: IndexesFile | undefined,
  hooks: Hooks,
): UntypedServiceImplementation {
  /** Nothing waits between reading the store and changing it: that is what makes a call atomic. */
  async function carryOut<Q extends object, A>(
    method: string,
    request: Q,
    work: (store: Store, request: Q) => A,
  ) {
    await hooks.beforeCall?.(method, request);
    if (requestSize(request) > MAX_REQUEST_BYTES) {
      throw invalidArgument(`Request payload size exceeds the limit: ${MAX_REQUEST_BYTES} bytes.`);
    }
    const { database, parent, newTransaction, options = newTransaction }: MayBegin = request;
    if (options) await store.open(database ?? parent ?? '').transactions.waitForTurn(options);
    const answer = work(store, request);
    await hooks.afterCall?.(method, request);
    return answer;
  }

  const unary = <Q extends object>(name: string, work: (store: Store, request: Q) => object) => {
    const handle: handleUnaryCall<Q, object> = ({ request }, callback) => {
      carryOut(name, request, work).then(
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
      carryOut(name, call.request, (...given: [Store, Q]) => [...work(...given)]).then(
        (responses) => {
          for (const response of responses) call.write(response);
          call.end();
        },
        (error) => {
          // Headers first: the SDK tries a stream that ends without any twice more, seconds apart, for any code.
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
        .then(() => carryOut('Listen', request, () => listener.receive(request)))
        .catch((error) => {
          listener.close();
          call.emit('error', toServiceError(error));
        });
    });
    call.on('end', () => received.then(() => call.end()));
    for (const ending of ['end', 'cancelled', 'close', 'error']) call.on(ending, () => listener.close());
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

/** A refusal keeps its code and words; anything else is a defect of this server, and says so on its console. */
function toServiceError(error: unknown): Partial<ServiceError> {
  if (error instanceof FirestoreError) return { code: error.code, details: error.message };
  if (error instanceof Error && 'code' in error && typeof error.code === 'number') {
    return { code: error.code, details: error.message };
  }
  console.error('The embedded Firestore failed on a call:', error);
  return { code: status.INTERNAL, details: 'The embedded Firestore failed; see its console.' };
}
