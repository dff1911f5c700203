import { randomUUID } from 'node:crypto';
import type { Query, QueryDocumentSnapshot } from '@google-cloud/firestore';
import type { Actor } from '../../authz/principal.ts';
import { isActive } from '../../authz/role-claims.ts';
import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import {
  type OpenedFirestore,
  type OpenFirestore,
  useFirestore,
} from '../../platform/firestore/firestore.ts';
import type { ChangeAccess } from '../change-access.ts';
import { DIRECTORY } from '../directory.ts';
import type { Pending } from '../entry.ts';
import type { AccountSync } from './account-sync.ts';

interface Reconciled {
  /** Entries from which expired grants were removed. */
  readonly expired: number;
  /** Entries with pending changes that were applied to Firebase Auth. */
  readonly repaired: number;
  /** Entries that could not be handled; the next run tries again. */
  readonly failed: number;
  /** The time was too short for all entries: run it again. */
  readonly more: boolean;
}

/** Removes expired grants and applies pending changes that an instance left behind. */
export type ReconcileAccess = (actor: Actor) => Promise<Reconciled>;

interface Deps {
  readonly open: OpenFirestore;
  readonly changeAccess: ChangeAccess;
  readonly sync: AccountSync;
  readonly clock: Clock;
}

/** Entries read and handled together. */
const BATCH = 20;
/** For each of the two parts: both, with their last batches, must fit into a request of 60 seconds. */
const RUN_MS = 20_000;
const PENDING: readonly Pending[] = ['claims', 'sessions', 'disabled', 'deletion'];

type Result = 'done' | 'nothing' | 'failed';

export function createReconcileAccess({ open, changeAccess, sync, clock }: Deps): ReconcileAccess {
  /** Handles every entry that a query finds. One that fails is skipped, so that it cannot block the others. */
  async function forAll(
    toQuery: (firestore: OpenedFirestore) => Query,
    work: (uid: string) => Promise<Result>,
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

  async function removeExpired(actor: Actor, uid: string): Promise<Result> {
    try {
      const changed = await changeAccess(actor, { uid, action: 'grants.expire' }, ({ entry, now }) => {
        const active = entry.grants.filter((grant) => isActive(grant, now));
        return active.length === entry.grants.length ? undefined : { grants: active };
      });
      return changed === undefined ? 'nothing' : 'done';
    } catch (error) {
      if (error instanceof AppError) return error.code === 'not_found' ? 'nothing' : 'failed';
      throw error;
    }
  }

  return async (actor) => {
    const expired = await forAll(
      ({ db }) => db.collection(DIRECTORY).where('nextExpiry', '<=', new Date(clock())).orderBy('nextExpiry'),
      (uid) => removeExpired(actor, uid),
      performance.now() + RUN_MS,
    );
    // Starts at a random id and continues from the first one: if the time is too short, each run leaves out other entries.
    const middle = randomUUID();
    const until = performance.now() + RUN_MS;
    const synced = [];
    for (const half of ['startAt', 'endBefore'] as const) {
      synced.push(
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
    const all = [expired, ...synced];
    return {
      expired: expired.done,
      repaired: synced.reduce((sum, { done }) => sum + done, 0),
      failed: all.reduce((sum, { failed }) => sum + failed, 0),
      more: all.some(({ more }) => more),
    };
  };
}
