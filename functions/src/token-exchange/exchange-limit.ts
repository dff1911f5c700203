import { rateLimited } from '../core/errors.ts';
import type { DirectoryEntry } from '../directory/entry.ts';

/** Exchanges of one identity in a window. A client needs one an hour, or one for each of its devices. */
export const EXCHANGES = 10;
/** Seconds, from the first exchange on. */
export const WINDOW = 60;

type Window = NonNullable<DirectoryEntry['exchange']>;

/**
 * Counts an exchange, in the entry itself, so that all instances count together. Pure.
 *
 * @param now seconds since the epoch
 * @throws AppError `rate_limited` when it is one too many
 */
export function countExchange(before: DirectoryEntry['exchange'], now: number): Window {
  // A clock that is set back a little must not begin a window anew, nor one that was far ahead keep it for long.
  const isOver = before === undefined || Math.abs(now - before.since) >= WINDOW;
  if (isOver) return { since: now, count: 1 };
  if (before.count >= EXCHANGES) throw rateLimited(before.since + WINDOW - now);
  return { since: before.since, count: before.count + 1 };
}
