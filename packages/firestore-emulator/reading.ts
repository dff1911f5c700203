import type { Consistency } from './messages.ts';
import type { Opened } from './store.ts';
import { type Micros, toMicros } from './time.ts';
import type { Transaction } from './transactions.ts';

/** At which moment a request reads, and for whom. */
export interface Reading {
  /** Undefined is "whatever is newest", for reads outside of transactions. */
  at: Micros | undefined;
  /** What the client is told: nothing committed later can have been seen. */
  readTime: Micros;
  /** Set if a commit must later prove that what was read still holds. */
  transaction: Transaction | undefined;
  /** The id of the transaction that this very request began. */
  begun: Buffer | undefined;
}

/** @throws FirestoreError for a transaction that has ended, or a moment that can't be read */
export function openReading({ database, transactions }: Opened, request: Consistency): Reading {
  const { transaction: id, newTransaction, readTime } = request;
  if (id?.length || newTransaction) {
    const transaction = id?.length ? transactions.find(id) : transactions.begin(newTransaction);
    const at = transactions.snapshotOf(transaction);
    return { at, readTime: at, transaction, begun: newTransaction && transaction.id };
  }
  if (readTime) {
    const at = toMicros(readTime);
    database.checkReadable(at);
    return { at, readTime: at, transaction: undefined, begun: undefined };
  }
  return { at: undefined, readTime: database.now(), transaction: undefined, begun: undefined };
}
