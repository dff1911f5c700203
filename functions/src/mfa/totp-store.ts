import type { QuerySnapshot, Transaction } from '@google-cloud/firestore';
import type { FactorUser } from '../passkeys/index.ts';
import { type OpenedFirestore, type OpenFirestore, useFirestore } from '../platform/firestore/firestore.ts';
import { removeFound } from '../platform/firestore/transaction.ts';
import { FACTORS, factorRef, fromDocument, type TotpFactor, toDocument } from './totp-document.ts';

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
    removeAllIn: (firestore: OpenedFirestore, tx: Transaction, uid: string) =>
      removeFound(tx, ofUser(firestore, uid)),
  };
}

function factorsOf({ created }: FactorUser, { docs }: QuerySnapshot): TotpFactor[] {
  return docs
    .flatMap((document) => fromDocument(document) ?? [])
    .filter((factor) => factor.created >= created)
    .toSorted((a, b) => a.created - b.created);
}
