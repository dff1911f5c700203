import type { Transaction } from '@google-cloud/firestore';
import type { FactorUser } from '../passkeys/index.ts';
import { type OpenedFirestore, type OpenFirestore, useFirestore } from '../platform/firestore/firestore.ts';
import {
  generateRecoveryCodes,
  hashesIn,
  recoveryCodeHash,
  recoveryCodesRef,
  toDocument,
} from './recovery-codes.ts';

/** New codes, to be shown once, and what writes their hashes. */
interface NewCodes {
  readonly codes: readonly string[];
  write(): void;
}

/** The recovery codes of the users. `…In`: in a transaction, which reads before it writes. */
export type RecoveryCodes = ReturnType<typeof createRecoveryCodes>;

export function createRecoveryCodes(open: OpenFirestore) {
  /** Replaces the codes that the user has. @param now seconds since the epoch */
  function createIn(
    firestore: OpenedFirestore,
    tx: Transaction,
    { uid, created }: FactorUser,
    now: number,
  ): NewCodes {
    const codes = generateRecoveryCodes();
    const hashes = codes.map((code) => recoveryCodeHash(uid, code));
    // A deleted user may come back in this second.
    const stored = toDocument({ hashes, created: Math.max(now, created) });
    return {
      codes,
      write: () => {
        tx.set(recoveryCodesRef(firestore, uid), stored);
      },
    };
  }

  return {
    createIn,

    /** @returns undefined where the user has unused codes */
    async createMissingIn(
      firestore: OpenedFirestore,
      tx: Transaction,
      user: FactorUser,
      now: number,
    ): Promise<NewCodes | undefined> {
      const hashes = hashesIn(await tx.get(recoveryCodesRef(firestore, user.uid)), user.created);
      return hashes.length > 0 ? undefined : createIn(firestore, tx, user, now);
    },

    /** How many codes are unused? @throws AppError `unavailable` */
    count: (user: FactorUser): Promise<number> =>
      useFirestore('recoveryCodes.count', open, async (firestore) => {
        return hashesIn(await recoveryCodesRef(firestore, user.uid).get(), user.created).length;
      }),

    /** Uses a code up. @returns undefined for one that the user does not have, or has used */
    async useIn(
      firestore: OpenedFirestore,
      tx: Transaction,
      user: FactorUser,
      code: string,
    ): Promise<(() => void) | undefined> {
      const ref = recoveryCodesRef(firestore, user.uid);
      const hashes = hashesIn(await tx.get(ref), user.created);
      const used = recoveryCodeHash(user.uid, code);
      if (!hashes.includes(used)) return undefined;
      return () => {
        tx.update(ref, { hashes: hashes.filter((one) => one !== used) });
      };
    },

    removeIn: (firestore: OpenedFirestore, tx: Transaction, uid: string) => {
      tx.delete(recoveryCodesRef(firestore, uid));
    },
  };
}
