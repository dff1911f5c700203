import { checkWrites, commitWrites } from '../commit.ts';
import type { TransactionOptions, Write, WriteResult } from '../messages.ts';
import { FirestoreError, invalidArgument } from '../status.ts';
import type { Store } from '../store.ts';
import { toTimestamp } from '../time.ts';

export interface CommitRequest {
  database?: string;
  writes?: Write[];
  transaction?: Buffer;
}

export function commit(store: Store, request: CommitRequest): object {
  const { database: name = '', writes = [], transaction } = request;
  const { database, transactions } = store.open(name);
  const checked = checkWrites(database, writes);
  const { at, results } = transaction?.length
    ? transactions.commit(transaction, checked)
    : commitWrites(database, checked);
  return { writeResults: results, commitTime: toTimestamp(at) };
}

/** Applies each write separately: some preconditions can fail while other writes succeed. */
export function batchWrite(store: Store, request: { database?: string; writes?: Write[] }): object {
  const { database: name = '', writes = [] } = request;
  const { database } = store.open(name);
  const checked = checkWrites(database, writes);
  if (new Set(checked.map(({ name }) => name)).size < writes.length) {
    throw invalidArgument('the same document cannot be written more than once in a single request');
  }
  const writeResults: WriteResult[] = [];
  const status: { code?: number; message?: string }[] = [];
  for (const write of checked) {
    try {
      writeResults.push(commitWrites(database, [write]).results[0] ?? {});
      status.push({});
    } catch (error) {
      if (!(error instanceof FirestoreError)) throw error;
      writeResults.push({});
      status.push({ code: error.code, message: error.message });
    }
  }
  return { writeResults, status };
}

export function beginTransaction(
  store: Store,
  request: { database?: string; options?: TransactionOptions },
): object {
  return { transaction: store.open(request.database ?? '').transactions.begin(request.options).id };
}

export function rollback(store: Store, request: { database?: string; transaction?: Buffer }): object {
  store.open(request.database ?? '').transactions.rollback(request.transaction ?? Buffer.alloc(0));
  return {};
}
