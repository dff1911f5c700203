import type { AccessChanges, LatestChange } from '../../authn/access-changes.ts';
import type { Clock } from '../../core/clock.ts';
import { toAppError, unavailable } from '../../core/errors.ts';
import { type Instant, type OpenFirestore, useFirestore } from '../../platform/firestore/firestore.ts';
import type { Log } from '../../platform/logging/log.ts';
import { ACCESS_CHANGES } from '../directory.ts';
import { type AccessChange, CHANGE_LIFETIME } from './access-change.ts';

export interface RevocationFeed extends AccessChanges {
  /** This instance made the change itself, and need not wait to read it. */
  learn(change: AccessChange): void;
}

interface Read {
  /** Oldest first. */
  readonly changes: readonly AccessChange[];
  /** Milliseconds since the epoch, by Firestore's clock: all that was to be seen then is in `changes`. */
  readonly readAt: number;
  /** There is more than one answer holds; `readAt` is then how far this one goes. */
  readonly more: boolean;
}

interface Options {
  /** Changes later than this moment (milliseconds since the epoch). */
  readonly readSince: (at: number) => Promise<Read>;
  readonly clock: Clock;
  /** Seconds between two reads: the longest a change made elsewhere takes to be noticed here. */
  readonly maxAge: number;
  readonly log: Pick<Log, 'feedReadFailed'>;
}

/** Firestore sets `at` when it begins to commit, and shows the change when it is done: each read goes back this far. */
const OVERLAP_MS = 10_000;
/** After a failed read, requests go on with what is known, and do not wait for the next try; it comes after this long. */
const RETRY_MS = 1_000;
const HORIZON_MS = CHANGE_LIFETIME * 1000;

/**
 * Whose rights changed in the last hour, kept in memory, so that a request costs no call. While requests come, at most
 * one read per `maxAge`, which those that come meanwhile wait for; none while nobody asks.
 */
export function createRevocationFeed({ readSince, clock, maxAge, log }: Options): RevocationFeed {
  const latest = new Map<string, LatestChange & { readonly heardAt: number }>();
  let seenUntil = 0;
  let readAt = Number.NEGATIVE_INFINITY;
  let failedAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | undefined;

  function learn({ uid, validAfter, rolesVersion, gone }: AccessChange): void {
    const known = latest.get(uid);
    // Moved to the end: the oldest stay in front.
    latest.delete(uid);
    latest.set(uid, {
      validAfter: larger(known?.validAfter, validAfter),
      // The versions of somebody who is gone count anew.
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

  /** What is known is older than a token can be: as good as nothing. */
  const knowsNothing = () => clock() - readAt >= HORIZON_MS;

  async function read(): Promise<void> {
    const askedAt = clock();
    if (knowsNothing()) seenUntil = askedAt - HORIZON_MS;
    try {
      let news = await readSince(seenUntil - OVERLAP_MS);
      for (const change of news.changes) learn(change);
      while (news.more) {
        news = await readSince(news.readAt);
        for (const change of news.changes) learn(change);
      }
      // Not where the last change was: while no other came, each read would cost as much as the one that found it.
      seenUntil = news.readAt;
      readAt = askedAt;
      forgetOld();
    } catch (error) {
      failedAt = clock();
      const { code, logDetail } = toAppError(error);
      const age = Number.isFinite(readAt) ? Math.round((failedAt - readAt) / 1000) : undefined;
      log.feedReadFailed({ code, detail: logDetail, seconds: age });
      if (knowsNothing()) throw unavailable('access changes were not read', error);
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
      // Below zero the clock was set back.
      if (age >= maxAge * 1000 || age < 0) {
        const isFailing = failedAt > readAt && !knowsNothing();
        if (!isFailing) return readOnce().then(() => latest.get(id));
        // Nobody waits for it; that it knows nothing any more is for the next to hear.
        if (clock() - failedAt >= RETRY_MS) readOnce().catch(() => undefined);
      }
      return latest.get(id);
    },
  };
}

function larger(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.max(a, b);
}

/** Changes in one answer of Firestore; with thousands an hour a cold start takes several. */
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
      const last: Instant | undefined = docs.length === PAGE ? docs.at(-1)?.get('at') : undefined;
      return last === undefined
        ? { changes, readAt: readTime.toMillis(), more: false }
        : { changes, readAt: last.toMillis() - 1, more: true };
    });
}
