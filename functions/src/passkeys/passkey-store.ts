import type { QuerySnapshot, Transaction } from '@google-cloud/firestore';
import type { DirectoryEntry } from '../directory/index.ts';
import { type OpenedFirestore, type OpenFirestore, useFirestore } from '../platform/firestore/firestore.ts';
import { fromDocument, PASSKEYS, type Passkey, passkeyRef } from './passkey-document.ts';

/** The user of passkeys. What is older than the entry belonged to a deleted user with the same id. */
export type PasskeyUser = Pick<DirectoryEntry, 'uid' | 'created'>;

/** The stored passkeys. `…In`: in a transaction, which reads before it writes. */
export type PasskeyStore = ReturnType<typeof createPasskeyStore>;

export function createPasskeyStore(open: OpenFirestore) {
  const ofUser = ({ db }: OpenedFirestore, uid: string) => db.collection(PASSKEYS).where('user', '==', uid);

  return {
    /** Oldest first. @throws AppError `unavailable` */
    list: (user: PasskeyUser): Promise<readonly Passkey[]> =>
      useFirestore('passkeys.list', open, async (firestore) =>
        passkeysOf(user, await ofUser(firestore, user.uid).get()),
      ),

    /** {@link list}. */
    async listIn(
      firestore: OpenedFirestore,
      tx: Transaction,
      user: PasskeyUser,
    ): Promise<readonly Passkey[]> {
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
    async removeAllIn(firestore: OpenedFirestore, tx: Transaction, uid: string): Promise<() => void> {
      const { docs } = await tx.get(ofUser(firestore, uid));
      return () => {
        for (const { ref } of docs) tx.delete(ref);
      };
    },
  };
}

function passkeysOf({ created }: PasskeyUser, { docs }: QuerySnapshot): Passkey[] {
  return docs
    .flatMap((document) => fromDocument(document) ?? [])
    .filter((passkey) => passkey.created >= created)
    .toSorted((a, b) => a.created - b.created);
}
