import type { Timestamp } from '@google-cloud/firestore';
import type { AccessChanges, LatestChange } from '../../authn/access-changes.ts';
import type { Clock } from '../../core/clock.ts';
import { toAppError, unavailable } from '../../core/errors.ts';
import { type OpenFirestore, useFirestore } from '../../platform/firestore/firestore.ts';
import type { Log } from '../../platform/logging/log.ts';
import { ACCESS_CHANGES, type AccessChange, CHANGE_LIFETIME } from './access-change.ts';

export interface RevocationFeed extends AccessChanges {
  /** Learns a change that this instance made itself, without waiting for the next read. */
  learn(change: AccessChange): void;
}

interface Read {
  /** Oldest first. */
  readonly changes: readonly AccessChange[];
  /** Milliseconds since the epoch, by Firestore's clock: `changes` has everything that was visible then. */
  readonly readAt: number;
  /** There are more changes; `readAt` is then the time up to which this result goes. */
  readonly more: boolean;
}

interface Options {
  /** Changes later than `at` (milliseconds since the epoch). */
  readonly readSince: (at: number) => Promise<Read>;
  readonly clock: Clock;
  /** Seconds between two reads: the longest time until this instance learns a change of another one. */
  readonly maxAge: number;
  readonly log: Pick<Log, 'feedReadFailed'>;
}

/** Firestore sets `at` when a commit begins, and shows the change when it has ended: each read goes back this far. */
const OVERLAP_MS = 10_000;
/** Time until the next attempt after a failed read. Requests go on with what is known and do not wait for it. */
const RETRY_MS = 1_000;
const HORIZON_MS = CHANGE_LIFETIME * 1000;

/**
 * The access changes of the last hour, kept in memory, so that a request costs no call. At most one read per `maxAge`, and
 * none while no request comes. Requests that come during a read wait for it.
 */
export function createRevocationFeed({ readSince, clock, maxAge, log }: Options): RevocationFeed {
  const latest = new Map<string, LatestChange & { readonly heardAt: number }>();
  let seenUntil = 0;
  let readAt = Number.NEGATIVE_INFINITY;
  let failedAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | undefined;

  function learn({ uid, validAfter, rolesVersion, gone }: AccessChange): void {
    const known = latest.get(uid);
    // Inserted again at the end: the map stays sorted by `heardAt`.
    latest.delete(uid);
    latest.set(uid, {
      validAfter: larger(known?.validAfter, validAfter),
      // A later entry with the same id counts its versions from 0.
      rolesVersion: gone ? undefined : larger(known?.rolesVersion, rolesVersion),
      heardAt: clock(),
    });
  }

  function forgetOld(): void {
    for (const [uid, { heardAt }] of latest) {
      if (clock() - heardAt < HORIZON_MS) return;
      latest.delete(uid);
    }
  }

  /** Is the last read longer ago than a token lives? Then every known change is obsolete. */
  const isObsolete = () => clock() - readAt >= HORIZON_MS;

  async function read(): Promise<void> {
    const askedAt = clock();
    if (isObsolete()) seenUntil = askedAt - HORIZON_MS;
    try {
      let found = await readSince(seenUntil - OVERLAP_MS);
      for (const change of found.changes) learn(change);
      while (found.more) {
        found = await readSince(found.readAt);
        for (const change of found.changes) learn(change);
      }
      // Not the time of the last change: until another one came, each read would find it again.
      seenUntil = found.readAt;
      readAt = askedAt;
      forgetOld();
    } catch (error) {
      failedAt = clock();
      const { code, logDetail } = toAppError(error);
      const age = Number.isFinite(readAt) ? Math.round((failedAt - readAt) / 1000) : undefined;
      log.feedReadFailed({ code, detail: logDetail, seconds: age });
      if (isObsolete()) throw unavailable('access changes were not read', error);
    }
  }

  function readOnce(): Promise<void> {
    reading ??= read().finally(() => {
      reading = undefined;
    });
    return reading;
  }

  return {
    learn,
    latest(id) {
      const age = clock() - readAt;
      // Negative after the clock was set back.
      if (age >= maxAge * 1000 || age < 0) {
        const isFailing = failedAt > readAt && !isObsolete();
        if (!isFailing) return readOnce().then(() => latest.get(id));
        // No request waits for it; if it fails for too long, the next request gets the error.
        if (clock() - failedAt >= RETRY_MS) readOnce().catch(() => undefined);
      }
      return latest.get(id);
    },
  };
}

function larger(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.max(a, b);
}

/** Changes per query; with thousands of changes an hour, a cold start takes several queries. */
const PAGE = 1_000;

/** Reads the feed from Firestore. */
export function readAccessChanges(open: OpenFirestore): Options['readSince'] {
  return (since) =>
    useFirestore('accessChanges', open, async ({ db, Timestamp }) => {
      const query = db.collection(ACCESS_CHANGES).where('at', '>', Timestamp.fromMillis(since)).orderBy('at');
      const { docs, readTime } = await query.limit(PAGE).get();
      const changes = docs.map((change) => {
        const { at: _, expireAt: __, ...fields } = change.data();
        return fields as AccessChange;
      });
      const last: Timestamp | undefined = docs.length === PAGE ? docs.at(-1)?.get('at') : undefined;
      return last === undefined
        ? { changes, readAt: readTime.toMillis(), more: false }
        : { changes, readAt: last.toMillis() - 1, more: true };
    });
}
