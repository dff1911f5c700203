import type { Query, QueryDocumentSnapshot } from '@google-cloud/firestore';
import { AppError } from '../errors.ts';
import { type Clock, seconds } from '../lib/clock.ts';
import { type OpenedFirestore, type OpenFirestore, useFirestore } from '../lib/firestore.ts';
import type { AccountSync } from './account-sync.ts';
import type { Actor, ChangeAccess } from './change-access.ts';
import { DIRECTORY } from './directory.ts';
import type { Pending } from './directory-entry.ts';

export interface Reconciled {
  /** Entries whose ended grants were taken out. */
  readonly expired: number;
  /** Entries that Firebase Auth is in line with now, and was not before. */
  readonly repaired: number;
  /** Entries that could not be dealt with; the next run tries again. */
  readonly failed: number;
  /** There may be more: run it again. */
  readonly more: boolean;
}

/** Finds what was left half-done, and grants that have ended, and puts both in order. */
export type ReconcileAccess = (actor: Actor) => Promise<Reconciled>;

interface Deps {
  readonly open: OpenFirestore;
  readonly changeAccess: ChangeAccess;
  readonly sync: AccountSync;
  readonly clock: Clock;
}

const PAGE = 100;
const IN_PARALLEL = 10;
/** A run has to end within a request, and before the next one begins. */
const RUN_MS = 40_000;
const PENDING: readonly Pending[] = ['claims', 'sessions', 'disabled', 'deletion'];

export function createReconcileAccess({ open, changeAccess, sync, clock }: Deps): ReconcileAccess {
  /** Goes through all that a query finds; what fails is passed by, so that it cannot keep the rest waiting. */
  async function forAll(
    toQuery: (firestore: OpenedFirestore) => Query,
    work: (uid: string) => Promise<boolean>,
  ) {
    const until = performance.now() + RUN_MS / 2;
    const count = { done: 0, failed: 0, more: false };
    let last: QueryDocumentSnapshot | undefined;
    do {
      const { docs } = await useFirestore('directory.reconcile', open, (firestore) => {
        const query = toQuery(firestore).limit(PAGE);
        return (last === undefined ? query : query.startAfter(last)).get();
      });
      for (let start = 0; start < docs.length; start += IN_PARALLEL) {
        const some = docs.slice(start, start + IN_PARALLEL);
        const results = await Promise.all(some.map(({ id }) => work(id)));
        count.done += results.filter(Boolean).length;
        count.failed += results.filter((done) => !done).length;
      }
      last = docs.at(-1);
      count.more = docs.length === PAGE;
    } while (count.more && performance.now() < until);
    return count;
  }

  async function clearEnded(actor: Actor, uid: string): Promise<boolean> {
    try {
      await changeAccess(actor, { uid, action: 'grants.expire' }, ({ entry, now }) => {
        const counting = entry.grants.filter(({ expiresAt }) => expiresAt === undefined || now < expiresAt);
        return counting.length === entry.grants.length ? undefined : { grants: counting };
      });
      return true;
    } catch (error) {
      if (error instanceof AppError) return error.code === 'not_found';
      throw error;
    }
  }

  return async (actor) => {
    const now = new Date(seconds(clock) * 1000);
    const ended = await forAll(
      ({ db }) => db.collection(DIRECTORY).where('nextExpiry', '<=', now).orderBy('nextExpiry'),
      (uid) => clearEnded(actor, uid),
    );
    const pending = await forAll(
      ({ db, FieldPath }) =>
        db
          .collection(DIRECTORY)
          .where('pending', 'array-contains-any', PENDING)
          .orderBy(FieldPath.documentId()),
      (uid) => sync.bring(uid),
    );
    return {
      expired: ended.done,
      repaired: pending.done,
      failed: ended.failed + pending.failed,
      more: ended.more || pending.more,
    };
  };
}
