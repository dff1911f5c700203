import { rateLimited } from '../core/errors.ts';
import type { DirectoryEntry } from '../directory/index.ts';

/** Exchanges of one identity per window. A client needs one an hour, or one for each device. */
export const EXCHANGES = 10;
/** Seconds, from the first exchange of the window. */
export const WINDOW = 60;

type Window = NonNullable<DirectoryEntry['exchange']>;

/**
 * Counts an exchange. The count is part of the entry, so all instances share it. Pure.
 *
 * @param now seconds since the epoch
 * @throws AppError `rate_limited` over the limit
 */
export function countExchange(before: DirectoryEntry['exchange'], now: number): Window {
  // A clock that was set back a little must not start a new window; one that was far ahead must not keep it open.
  const isOver = before === undefined || Math.abs(now - before.since) >= WINDOW;
  if (isOver) return { since: now, count: 1 };
  if (before.count >= EXCHANGES) throw rateLimited(before.since + WINDOW - now);
  return { since: before.since, count: before.count + 1 };
}
