import type { RateLimiterRes } from 'rate-limiter-flexible';
import { rateLimited } from '../core/errors.ts';
import { once } from '../core/once.ts';

/** Counts one use of a key. @throws AppError `rate_limited` over the limit */
type RateLimit = (key: string) => Promise<void>;

/**
 * Limits the uses of a key in a window that begins with the first use. Counts in the memory of this instance; a limit for all
 * instances together is counted in Firestore.
 *
 * @param window seconds
 */
export function createRateLimit({ uses, window }: { uses: number; window: number }): RateLimit {
  // The package contains clients for a dozen databases: 20 ms of a cold start, which most instances do not need.
  const open = once(async () => {
    // CommonJS: in a bundle of several files it has the default export only.
    const { RateLimiterMemory } = (await import('rate-limiter-flexible')).default;
    return new RateLimiterMemory({ points: uses, duration: window });
  });
  return async (key) => {
    const limiter = await open();
    try {
      await limiter.consume(key);
    } catch (result) {
      if (result instanceof Error) throw result;
      // Over the limit, the package rejects with its counters.
      throw rateLimited((result as RateLimiterRes).msBeforeNext / 1000);
    }
  };
}
