import { type AccessChanges, type RecentChange, sessionKey } from '../../authn/ports.ts';
import type { Clock } from '../../core/clock.ts';
import { toAppError, unavailable } from '../../core/errors.ts';
import type { Log } from '../../platform/logging/log.ts';
import { type AccessChange, CHANGE_LIFETIME, type ReadAccessChanges } from './access-changes.ts';

interface RevocationFeed extends AccessChanges {
  /** Applies a change that this instance made itself, without waiting for the next read. */
  apply(change: AccessChange): void;
}

interface Options {
  readonly readSince: ReadAccessChanges;
  readonly clock: Clock;
  /** Seconds between two reads: the longest time until this instance applies a change of another one. */
  readonly maxAge: number;
  readonly log: Pick<Log, 'feedReadFailed'>;
}

/** Firestore sets `at` when a commit begins, and shows the change when it has ended: each read goes back this far. */
const OVERLAP_MS = 10_000;
/** Time until the next attempt after a failed read. Requests use the changes in memory and do not wait for it. */
const RETRY_MS = 1_000;
const HORIZON_MS = CHANGE_LIFETIME * 1000;

/**
 * The access changes of the last hour, kept in memory, so that a request costs no call. At most one read per `maxAge`, and
 * none while no request comes. Requests that come during a read wait for it.
 */
export function createRevocationFeed({ readSince, clock, maxAge, log }: Options): RevocationFeed {
  const recent = new Map<string, RecentChange & { readonly appliedAt: number }>();
  /** All changes up to this millisecond have been read, by Firestore's clock. */
  let readUntil = 0;
  let readAt = Number.NEGATIVE_INFINITY;
  let failedAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | undefined;

  function apply({ uid, validAfter, rolesVersion, gone, session }: AccessChange): void {
    const key = session === undefined ? uid : sessionKey(session);
    const known = recent.get(key);
    // Inserted again at the end: the map stays sorted by `appliedAt`.
    recent.delete(key);
    recent.set(key, {
      validAfter: larger(known?.validAfter, validAfter),
      // A later entry with the same id counts its versions from 0.
      rolesVersion: gone ? undefined : larger(known?.rolesVersion, rolesVersion),
      appliedAt: clock(),
    });
  }

  function removeObsolete(): void {
    for (const [key, { appliedAt }] of recent) {
      if (clock() - appliedAt < HORIZON_MS) return;
      recent.delete(key);
    }
  }

  /** Is the last read longer ago than a token lives? Then every change in memory is obsolete. */
  const isObsolete = () => clock() - readAt >= HORIZON_MS;

  async function read(): Promise<void> {
    const startedAt = clock();
    if (isObsolete()) readUntil = startedAt - HORIZON_MS;
    try {
      let since = readUntil - OVERLAP_MS;
      for (;;) {
        const page = await readSince(since);
        page.changes.forEach(apply);
        since = page.readAt;
        if (!page.more) break;
      }
      // Not the time of the last change: until another one came, each read would find it again.
      readUntil = since;
      readAt = startedAt;
      removeObsolete();
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
    apply,
    find(id) {
      const age = clock() - readAt;
      // Negative after the clock was set back.
      if (age >= maxAge * 1000 || age < 0) {
        const isFailing = failedAt > readAt && !isObsolete();
        if (!isFailing) return readOnce().then(() => recent.get(id));
        // No request waits for it; if it fails for too long, the next request gets the error.
        if (clock() - failedAt >= RETRY_MS) readOnce().catch(() => undefined);
      }
      return recent.get(id);
    },
  };
}

function larger(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.max(a, b);
}
