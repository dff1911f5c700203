import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { rateLimited } from '../errors.ts';

/** Counts one use of a key. @throws AppError `rate_limited` when that is one too many */
export type RateLimit = (key: string) => Promise<void>;

/**
 * At most so many uses of a key in a window that begins with the first. In the memory of this instance: it spares others
 * a flood; what has to hold across instances is counted in Firestore.
 *
 * @param window seconds
 */
export function createRateLimit({ uses, window }: { uses: number; window: number }): RateLimit {
  const limiter = new RateLimiterMemory({ points: uses, duration: window });
  return async (key) => {
    try {
      await limiter.consume(key);
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) throw refusal;
      throw rateLimited(refusal.msBeforeNext / 1000);
    }
  };
}
