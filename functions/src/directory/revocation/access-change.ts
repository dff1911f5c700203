import type { Transaction } from '@google-cloud/firestore';
import type { Clock } from '../../core/clock.ts';
import type { OpenedFirestore } from '../../platform/firestore/firestore.ts';
import { omitUndefined } from '../../platform/firestore/firestore.ts';

export const ACCESS_CHANGES = 'accessChanges';

/** A change of a user's access that every instance must learn. Times are seconds since the epoch. */
export interface AccessChange {
  /** Directory id of the user. */
  readonly uid: string;
  /** Sign-ins before this second are revoked. */
  readonly validAfter?: number | undefined;
  /** Tokens of an older version are stale. */
  readonly rolesVersion?: number | undefined;
  /** The entry was deleted: a later entry with the same id counts its versions from 0. */
  readonly gone?: true | undefined;
}

/**
 * For how long instances must know a change, in seconds: an ID token lives an hour; one minute covers tokens issued before
 * Firebase Auth was updated; five minutes cover clocks that disagree.
 */
export const CHANGE_LIFETIME = 3600 + 60 + 300;

/** Adds a change to the revocation feed in a transaction. Firestore deletes it by TTL, after twice its lifetime. */
export function appendAccessChange(
  { db, FieldValue }: OpenedFirestore,
  tx: Transaction,
  change: AccessChange,
  clock: Clock,
): void {
  tx.create(db.collection(ACCESS_CHANGES).doc(), {
    ...omitUndefined(change),
    at: FieldValue.serverTimestamp(),
    expireAt: new Date(clock() + 2 * CHANGE_LIFETIME * 1000),
  });
}
