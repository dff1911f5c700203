import { rateLimited } from './errors.ts';

/** Uses in the current window. */
export interface UseCount {
  /** Second since the epoch of the first use. */
  readonly since: number;
  readonly count: number;
}

/** @property window seconds, from the first use */
export interface UseLimit {
  readonly uses: number;
  readonly window: number;
}

/**
 * Counts a use. A refused use does not count, so the window ends whatever a caller does.
 *
 * @param now seconds since the epoch
 * @param policy names the limit in the headers of the answer
 * @throws AppError `rate_limited` over the limit
 */
export function countUse(
  before: UseCount | undefined,
  now: number,
  policy: UseLimit & { readonly name: string },
): UseCount {
  const { uses, window } = policy;
  // A clock that was set back a little must not start a new window; one that was far ahead must not keep it open.
  const isOver = before === undefined || Math.abs(now - before.since) >= window;
  if (isOver) return { since: now, count: 1 };
  if (before.count >= uses) throw rateLimited(before.since + window - now, policy);
  return { since: before.since, count: before.count + 1 };
}
