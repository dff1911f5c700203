import type { Timestamp, Transaction } from '@google-cloud/firestore';
import type { Clock } from '../../core/clock.ts';
import {
  type OpenedFirestore,
  type OpenFirestore,
  omitUndefined,
  useFirestore,
} from '../../platform/firestore/firestore.ts';

const ACCESS_CHANGES = 'accessChanges';

/** A change of a user's access that every instance must apply. Times are seconds since the epoch. */
export interface AccessChange {
  /** Directory id of the user. */
  readonly uid: string;
  /** Sign-ins before this second are revoked. */
  readonly validAfter?: number | undefined;
  /** Tokens of an older version are stale. */
  readonly rolesVersion?: number | undefined;
  /** The entry was deleted: a later entry with the same id counts its versions from 0. */
  readonly gone?: true | undefined;
  /**
   * Public id of one session of the user, which has ended, or the hash of a cookie value that was replaced. The
   * other fields are absent.
   */
  readonly session?: string | undefined;
}

/**
 * How long instances keep a change, in seconds: an ID token lives an hour; one minute covers tokens issued before Firebase
 * Auth was updated; five minutes cover clocks that disagree.
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

interface AccessChangePage {
  /** Oldest first. */
  readonly changes: readonly AccessChange[];
  /** Milliseconds since the epoch, by Firestore's clock: `changes` has everything that was visible then. */
  readonly readAt: number;
  /** There are more changes; `readAt` is then the time up to which this page goes. */
  readonly more: boolean;
}

/** Reads the changes later than `since`, in milliseconds since the epoch. */
export type ReadAccessChanges = (since: number) => Promise<AccessChangePage>;

/** Changes per query; with thousands of changes an hour, a cold start takes several queries. */
const PAGE = 1_000;

export function readAccessChanges(open: OpenFirestore): ReadAccessChanges {
  return (since) =>
    useFirestore('accessChanges', open, async ({ db, Timestamp }) => {
      const query = db.collection(ACCESS_CHANGES).where('at', '>', Timestamp.fromMillis(since)).orderBy('at');
      const { docs, readTime } = await query.limit(PAGE).get();
      const changes = docs.map((change) => {
        const { at: _, expireAt: __, ...fields } = change.data();
        // As `appendAccessChange` wrote it.
        return fields as AccessChange;
      });
      const last: Timestamp | undefined = docs.length === PAGE ? docs.at(-1)?.get('at') : undefined;
      return last === undefined
        ? { changes, readAt: readTime.toMillis(), more: false }
        : { changes, readAt: last.toMillis() - 1, more: true };
    });
}
