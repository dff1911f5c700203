import type { DocumentReference, DocumentSnapshot, Query, Transaction } from '@google-cloud/firestore';
import { type Clock, systemClock } from '../../core/clock.ts';
import { AppError, unavailable } from '../../core/errors.ts';
import {
  FIRESTORE_DEADLINE_MS,
  type OpenedFirestore,
  type OpenFirestore,
  useFirestore,
} from './firestore.ts';

/**
 * What a module adds to the transaction of another one: it reads and checks, and returns the writes. Firestore allows no read
 * after a write. May run several times.
 *
 * @throws AppError to end the transaction
 */
export type TransactionPart = (firestore: OpenedFirestore, tx: Transaction) => Promise<() => void>;

/**
 * Runs a transaction, and makes its changes once. The SDK repeats a transaction when its commit is not answered, although the
 * commit may have been made.
 *
 * @param marker a document that the transaction creates together with the changes; without it, they may be made twice
 * @param work pure but for the writes, may run several times; an AppError ends the transaction
 * @throws AppError `unavailable`, or what `work` throws
 */
export function runOnce<T>(
  what: string,
  open: OpenFirestore,
  marker: (firestore: OpenedFirestore) => DocumentReference,
  work: (firestore: OpenedFirestore, tx: Transaction) => Promise<T>,
): Promise<T> {
  return useFirestore(what, open, async (firestore) => {
    const ref = marker(firestore);
    const isMade = async (get: (ref: DocumentReference) => Promise<DocumentSnapshot>) =>
      (await get(ref)).exists;
    // After the deadline the caller has an `unavailable` already.
    const until = performance.now() + FIRESTORE_DEADLINE_MS;
    let committing: { readonly result: T } | undefined;
    try {
      return await firestore.db.runTransaction(async (tx) => {
        if (committing !== undefined && (await isMade((it) => tx.get(it)))) return committing.result;
        if (performance.now() > until) throw unavailable(`${what}: too many attempts`);
        const result = await work(firestore, tx);
        committing = { result };
        return result;
      });
    } catch (error) {
      // The SDK also repeats only the commit. Firestore refuses it when the first commit was made.
      if (error instanceof AppError || committing === undefined || !(await isMade((it) => it.get())))
        throw error;
      return committing.result;
    }
  });
}

/** Reads what a query finds. @returns deletes it */
export async function removeFound(tx: Transaction, query: Query): Promise<() => void> {
  const { docs } = await tx.get(query);
  return () => {
    for (const { ref } of docs) tx.delete(ref);
  };
}

/** Milliseconds since the epoch, by Firestore's clock: the clocks of the instances differ. */
export function transactionTime({ readTime }: DocumentSnapshot, clock: Clock): number {
  // With a clock of a test, Firestore's time is that clock.
  return clock === systemClock ? readTime.toMillis() : clock();
}
