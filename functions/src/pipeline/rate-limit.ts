import type { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { rateLimited } from '../core/errors.ts';

/** Counts one use of a key. @throws AppError `rate_limited` when that is one too many */
export type RateLimit = (key: string) => Promise<void>;

/**
 * At most so many uses of a key in a window that begins with the first. In the memory of this instance: it spares others
 * a flood; what has to hold across instances is counted in Firestore.
 *
 * @param window seconds
 */
export function createRateLimit({ uses, window }: { uses: number; window: number }): RateLimit {
  let opened: Promise<RateLimiterMemory> | undefined;

  /** The package brings clients for a dozen databases: 20 ms of a cold start that most instances can do without. */
  async function open(): Promise<RateLimiterMemory> {
    // CommonJS: a bundle in parts has no more of it than the default.
    const { RateLimiterMemory } = (await import('rate-limiter-flexible')).default;
    return new RateLimiterMemory({ points: uses, duration: window });
  }

  return async (key) => {
    opened ??= open();
    const limiter = await opened;
    try {
      await limiter.consume(key);
    } catch (verdict) {
      // It rejects with a verdict, which is no Error.
      if (verdict instanceof Error) throw verdict;
      throw rateLimited((verdict as RateLimiterRes).msBeforeNext / 1000);
    }
  };
}
