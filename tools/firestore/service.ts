import {
  type handleServerStreamingCall,
  type handleUnaryCall,
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
import { runAggregationQuery, runQuery } from './calls/queries.ts';
import type { IndexesFile } from './query/indexes-file.ts';
import { FirestoreError } from './status.ts';
import type { Store } from './store.ts';

/** What tests put around the calls: hold one, let others pass it, fail it. Throwing refuses the call. */
export interface Hooks {
  beforeCall?: ((method: string, request: unknown) => void | Promise<void>) | undefined;
  /** Between the work and its answer. */
  afterCall?: ((method: string, request: unknown) => void | Promise<void>) | undefined;
}

/** The methods of google.firestore.v1.Firestore on a store. A method that is not here is UNIMPLEMENTED. */
export function createService(
  store: Store,
  indexes: IndexesFile | undefined,
  hooks: Hooks,
): UntypedServiceImplementation {
  const unary =
    <Q>(method: string, answer: (store: Store, request: Q) => object): handleUnaryCall<Q, object> =>
    async (call, callback) => {
      try {
        await hooks.beforeCall?.(method, call.request);
        const response = answer(store, call.request);
        await hooks.afterCall?.(method, call.request);
        callback(null, response);
      } catch (error) {
        callback(toServiceError(error));
      }
    };
  const streaming =
    <Q>(
      method: string,
      answer: (store: Store, request: Q) => Iterable<object>,
    ): handleServerStreamingCall<Q, object> =>
    async (call) => {
      try {
        await hooks.beforeCall?.(method, call.request);
        const responses = [...answer(store, call.request)];
        await hooks.afterCall?.(method, call.request);
        for (const response of responses) call.write(response);
        call.end();
      } catch (error) {
        call.emit('error', toServiceError(error));
      }
    };
  return {
    GetDocument: unary('GetDocument', getDocument),
    ListDocuments: unary('ListDocuments', listDocuments),
    CreateDocument: unary('CreateDocument', createDocument),
    UpdateDocument: unary('UpdateDocument', updateDocument),
    DeleteDocument: unary('DeleteDocument', deleteDocument),
    ListCollectionIds: unary('ListCollectionIds', listCollectionIds),
    Commit: unary('Commit', commit),
    BatchWrite: unary('BatchWrite', batchWrite),
    BeginTransaction: unary('BeginTransaction', beginTransaction),
    Rollback: unary('Rollback', rollback),
    BatchGetDocuments: streaming('BatchGetDocuments', batchGetDocuments),
    RunQuery: streaming('RunQuery', (_, request: Parameters<typeof runQuery>[2]) =>
      runQuery(store, indexes, request),
    ),
    RunAggregationQuery: streaming(
      'RunAggregationQuery',
      (_, request: Parameters<typeof runAggregationQuery>[2]) => runAggregationQuery(store, indexes, request),
    ),
  };
}

/** A refusal keeps its code and words; anything else is a defect of this server, and says so on its console. */
export function toServiceError(error: unknown): Partial<ServiceError> {
  if (error instanceof FirestoreError) return { code: error.code, details: error.message };
  if (error instanceof Error && 'code' in error && typeof error.code === 'number') {
    return { code: error.code, details: error.message };
  }
  console.error('The embedded Firestore failed on a call:', error);
  return { code: status.INTERNAL, details: 'The embedded Firestore failed; see its console.' };
}
