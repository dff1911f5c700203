import type { Consistency } from './messages.ts';
import type { OpenDatabase } from './store.ts';
import { type Micros, toMicros } from './time.ts';
import type { Transaction } from './transactions.ts';

/** The time at which a request reads, and its transaction. */
export interface ReadContext {
  /** `undefined`: the newest state, for reads outside of transactions. */
  at: Micros | undefined;
  /** The read time in the response. The read returns no commit that is later. */
  readTime: Micros;
  /** Records the reads, so that its commit can detect conflicts. */
  transaction: Transaction | undefined;
  /** The id of the transaction that this request began. */
  newTransactionId: Buffer | undefined;
}

/** @throws FirestoreError if the transaction has ended, or the read time cannot be read */
export function openReadContext({ database, transactions }: OpenDatabase, request: Consistency): ReadContext {
  const { transaction: id, newTransaction, readTime } = request;
  if (id?.length || newTransaction) {
    const transaction = id?.length ? transactions.find(id) : transactions.begin(newTransaction);
    const at = transactions.snapshotOf(transaction);
    return { at, readTime: at, transaction, newTransactionId: newTransaction && transaction.id };
  }
  if (readTime) {
    const at = toMicros(readTime);
    database.checkReadable(at);
    return { at, readTime: at, transaction: undefined, newTransactionId: undefined };
  }
  return { at: undefined, readTime: database.now(), transaction: undefined, newTransactionId: undefined };
}
