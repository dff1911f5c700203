import type { QuerySnapshot, Transaction } from '@google-cloud/firestore';
import type { DirectoryEntry } from '../directory/index.ts';
import { type OpenedFirestore, type OpenFirestore, useFirestore } from '../platform/firestore/firestore.ts';
import { FACTORS, factorRef, fromDocument, type TotpFactor, toDocument } from './totp-document.ts';

/** What is older than the entry belonged to a deleted user with the same id. */
type FactorUser = Pick<DirectoryEntry, 'uid' | 'created'>;

/** The stored TOTP factors. `…In`: in a transaction, which reads before it writes. */
export type TotpStore = ReturnType<typeof createTotpStore>;

export function createTotpStore(open: OpenFirestore) {
  const ofUser = ({ db }: OpenedFirestore, uid: string) => db.collection(FACTORS).where('user', '==', uid);

  return {
    /** Also enrolments that are not confirmed. Oldest first. @throws AppError `unavailable` */
    list: (user: FactorUser): Promise<readonly TotpFactor[]> =>
      useFirestore('factors.list', open, async (firestore) =>
        factorsOf(user, await ofUser(firestore, user.uid).get()),
      ),

    /** {@link list}. */
    async listIn(
      firestore: OpenedFirestore,
      tx: Transaction,
      user: FactorUser,
    ): Promise<readonly TotpFactor[]> {
      return factorsOf(user, await tx.get(ofUser(firestore, user.uid)));
    },

    /** Creates a factor, or replaces it. */
    setIn: (firestore: OpenedFirestore, tx: Transaction, factor: TotpFactor) => {
      tx.set(factorRef(firestore, factor.id), toDocument(factor));
    },

    removeIn: (firestore: OpenedFirestore, tx: Transaction, id: string) => {
      tx.delete(factorRef(firestore, id));
    },

    /** Deletes every factor of a user. */
    async removeAllIn(firestore: OpenedFirestore, tx: Transaction, uid: string): Promise<() => void> {
      const { docs } = await tx.get(ofUser(firestore, uid));
      return () => {
        for (const { ref } of docs) tx.delete(ref);
      };
    },
  };
}

function factorsOf({ created }: FactorUser, { docs }: QuerySnapshot): TotpFactor[] {
  return docs
    .flatMap((document) => fromDocument(document) ?? [])
    .filter((factor) => factor.created >= created)
    .toSorted((a, b) => a.created - b.created);
}
