import { randomUUID } from 'node:crypto';
import type { Query, QueryDocumentSnapshot } from '@google-cloud/firestore';
import { isActive } from '../../authz/role-claims.ts';
import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import {
  type OpenedFirestore,
  type OpenFirestore,
  useFirestore,
} from '../../platform/firestore/firestore.ts';
import type { Actor, ChangeAccess } from '../change-access.ts';
import { DIRECTORY } from '../directory.ts';
import type { Pending } from '../entry.ts';
import type { AccountSync } from './account-sync.ts';

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

/** Entries looked at together. */
const BATCH = 20;
/** For each of the two kinds: together they have to fit into a request of 60 seconds, the last batch included. */
const RUN_MS = 20_000;
const PENDING: readonly Pending[] = ['claims', 'sessions', 'disabled', 'deletion'];

type Worked = 'done' | 'nothing' | 'failed';

export function createReconcileAccess({ open, changeAccess, sync, clock }: Deps): ReconcileAccess {
  /** Goes through all that a query finds; what fails is passed by, so that it cannot keep the rest waiting. */
  async function forAll(
    toQuery: (firestore: OpenedFirestore) => Query,
    work: (uid: string) => Promise<Worked>,
    until: number,
  ) {
    const count = { done: 0, nothing: 0, failed: 0 };
    let last: QueryDocumentSnapshot | undefined;
    for (;;) {
      const { docs } = await useFirestore('directory.reconcile', open, (firestore) => {
        const query = toQuery(firestore).limit(BATCH);
        return (last === undefined ? query : query.startAfter(last)).get();
      });
      for (const result of await Promise.all(docs.map(({ id }) => work(id)))) count[result]++;
      last = docs.at(-1);
      if (docs.length < BATCH) return { ...count, more: false };
      if (performance.now() > until) return { ...count, more: true };
    }
  }

  async function clearEnded(actor: Actor, uid: string): Promise<Worked> {
    try {
      const changed = await changeAccess(actor, { uid, action: 'grants.expire' }, ({ entry, now }) => {
        const counting = entry.grants.filter((grant) => isActive(grant, now));
        return counting.length === entry.grants.length ? undefined : { grants: counting };
      });
      return changed === undefined ? 'nothing' : 'done';
    } catch (error) {
      if (error instanceof AppError) return error.code === 'not_found' ? 'nothing' : 'failed';
      throw error;
    }
  }

  return async (actor) => {
    const ended = await forAll(
      ({ db }) => db.collection(DIRECTORY).where('nextExpiry', '<=', new Date(clock())).orderBy('nextExpiry'),
      (uid) => clearEnded(actor, uid),
      performance.now() + RUN_MS,
    );
    // Begins anywhere, and then at the front: should the time not suffice, it is not always for the same ones.
    const middle = randomUUID();
    const until = performance.now() + RUN_MS;
    const counts = [ended];
    for (const half of ['startAt', 'endBefore'] as const) {
      counts.push(
        await forAll(
          ({ db, FieldPath }) =>
            db
              .collection(DIRECTORY)
              .where('pending', 'array-contains-any', PENDING)
              .orderBy(FieldPath.documentId())
              [half](middle),
          async (uid) => ((await sync.syncAccount(uid, { wait: false })) ? 'done' : 'failed'),
          until,
        ),
      );
    }
    const [, first, second] = counts;
    return {
      expired: ended.done,
      repaired: (first?.done ?? 0) + (second?.done ?? 0),
      failed: counts.reduce((sum, { failed }) => sum + failed, 0),
      more: counts.some(({ more }) => more),
    };
  };
}
