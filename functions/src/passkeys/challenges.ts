import { createHash } from 'node:crypto';
import type { DocumentReference, Transaction } from '@google-cloud/firestore';
import type { Clock } from '../core/clock.ts';
import {
  type OpenedFirestore,
  type OpenFirestore,
  omitUndefined,
  useFirestore,
} from '../platform/firestore/firestore.ts';
import { removeFound, transactionTime } from '../platform/firestore/transaction.ts';
import { invalidPasskey } from './invalid-passkey.ts';

const CHALLENGES = 'webauthnChallenges';

/** Seconds. */
export const CHALLENGE_LIFETIME = 300;

/** Challenges that the deletion of a user deletes at most. TTL deletes the others. */
const MAX_REMOVED = 200;

/** What a challenge is for. It proves nothing else. */
export interface Ceremony {
  readonly ceremony: 'registration' | 'sign-in' | 'step-up';
  /** Directory id. Absent at a sign-in: the passkey says who signs in. */
  readonly user?: string | undefined;
}

export type Challenges = ReturnType<typeof createChallenges>;

export function createChallenges(open: OpenFirestore, clock: Clock) {
  return {
    /** Stores a challenge. @throws AppError `unavailable` */
    async store(challenge: string, { ceremony, user }: Ceremony): Promise<void> {
      const expireAt = new Date(clock() + CHALLENGE_LIFETIME * 1000);
      await useFirestore('webauthnChallenges.create', open, (firestore) =>
        refOf(firestore, challenge).create(omitUndefined({ ceremony, user, expireAt })),
      );
    },

    /**
     * Reads a challenge in the transaction that uses it. @returns `now`: seconds since the epoch, by Firestore's clock;
     * `use` deletes the challenge
     *
     * @throws AppError `invalid_factor` for one that was used, is too old, or is for something else
     */
    async readIn(
      firestore: OpenedFirestore,
      tx: Transaction,
      challenge: string,
      expected: Ceremony,
    ): Promise<{ readonly now: number; use(): void }> {
      const ref = refOf(firestore, challenge);
      const snapshot = await tx.get(ref);
      const at = transactionTime(snapshot, clock);
      const { ceremony, user, expireAt } = snapshot.data() ?? {};
      const isExpected = ceremony === expected.ceremony && user === expected.user;
      if (!isExpected || at >= expireAt.toMillis()) throw invalidPasskey('unknown-challenge');
      return { now: Math.floor(at / 1000), use: () => void tx.delete(ref) };
    },

    /** Deletes those of a user, in the transaction that deletes the entry. A user who has asked for thousands can be deleted, too. */
    removeAllIn: ({ db }: OpenedFirestore, tx: Transaction, user: string) =>
      removeFound(tx, db.collection(CHALLENGES).where('user', '==', user).limit(MAX_REMOVED)),
  };
}

/** Hashed: who can read the database must not be able to use a challenge. */
function refOf({ db }: OpenedFirestore, challenge: string): DocumentReference {
  return db.doc(`${CHALLENGES}/${createHash('sha256').update(challenge).digest('base64url')}`);
}
