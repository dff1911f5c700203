import type { QuerySnapshot, Transaction } from '@google-cloud/firestore';
import { type OpenedFirestore, type OpenFirestore, useFirestore } from '../platform/firestore/firestore.ts';
import { removeFound } from '../platform/firestore/transaction.ts';
import type { FactorUser } from './factor-user.ts';
import { fromDocument, PASSKEYS, type Passkey, passkeyRef } from './passkey-document.ts';

/** The stored passkeys. `…In`: in a transaction, which reads before it writes. */
export type PasskeyStore = ReturnType<typeof createPasskeyStore>;

export function createPasskeyStore(open: OpenFirestore) {
  const ofUser = ({ db }: OpenedFirestore, uid: string) => db.collection(PASSKEYS).where('user', '==', uid);

  return {
    /** Oldest first. @throws AppError `unavailable` */
    list: (user: FactorUser): Promise<readonly Passkey[]> =>
      useFirestore('passkeys.list', open, async (firestore) =>
        passkeysOf(user, await ofUser(firestore, user.uid).get()),
      ),

    /** {@link list}. */
    async listIn(firestore: OpenedFirestore, tx: Transaction, user: FactorUser): Promise<readonly Passkey[]> {
      return passkeysOf(user, await tx.get(ofUser(firestore, user.uid)));
    },

    /** @param id of a passkey that {@link listIn} has read */
    renameIn: (firestore: OpenedFirestore, tx: Transaction, id: string, name: string) => {
      tx.update(passkeyRef(firestore, id), { name });
    },

    /** Deletes a passkey. Who deletes the last one also writes the kinds of factors of the entry. */
    removeIn: (firestore: OpenedFirestore, tx: Transaction, id: string) => {
      tx.delete(passkeyRef(firestore, id));
    },

    /** Deletes everything of a user, in the transaction that deletes the entry. */
    removeAllIn: (firestore: OpenedFirestore, tx: Transaction, uid: string) =>
      removeFound(tx, ofUser(firestore, uid)),
  };
}

function passkeysOf({ created }: FactorUser, { docs }: QuerySnapshot): Passkey[] {
  return docs
    .flatMap((document) => fromDocument(document) ?? [])
    .filter((passkey) => passkey.created >= created)
    .toSorted((a, b) => a.created - b.created);
}
