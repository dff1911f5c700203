import { LRUCache } from 'lru-cache';
import { seconds } from '../core/clock.ts';
import { countUse, type UseCount } from '../core/use-count.ts';
import { networkOf } from '../pipeline/client-address.ts';
import { countsForAllInstances, type RateLimits } from '../pipeline/rate-limit.ts';
import type { Platform } from '../platform/platform.ts';
import { createSharedCounter } from './shared-counter.ts';

/** Callers of each kind that an instance keeps counts of: 4 MB with one count each, 15 MB with all, even in a flood. */
const MAX_CALLERS = 20_000;

/** The counts of a caller, by the name of the limit. */
type Counts = Map<string, UseCount>;

/**
 * Counts requests in the memory of this instance, in windows that begin with the first request. Users and others are kept apart:
 * a flood from many addresses must not push the counts of users out of memory.
 */
export function createRateLimits({
  config,
  clock,
  firestore,
}: Pick<Platform, 'config' | 'clock' | 'firestore'>): RateLimits {
  const users = new LRUCache<string, Counts>({ max: MAX_CALLERS });
  const others = new LRUCache<string, Counts>({ max: MAX_CALLERS });
  const countForAllInstances = createSharedCounter(firestore, clock);

  return {
    count({ name, rateLimit, principal, address }) {
      const limit = typeof rateLimit === 'string' ? config.rateLimits[rateLimit] : rateLimit;
      if (limit === null) return undefined;
      const isUser = principal.kind === 'user';
      const isOwn = typeof rateLimit !== 'string' || rateLimit === 'credential';
      const policy = {
        name: isOwn ? name : rateLimit,
        uses: isUser ? limit.user : limit.shared,
        window: limit.window,
      };
      const caller =
        principal.kind === 'anonymous'
          ? addressKey(address())
          : (principal.directoryId ?? `${principal.issuer} ${principal.subject}`);
      const kept = isUser ? users : others;
      let counts = kept.get(caller);
      if (counts === undefined) {
        counts = new Map();
        kept.set(caller, counts);
      }
      counts.set(policy.name, countUse(counts.get(policy.name), seconds(clock), policy));
      // Not for addresses: many people share one, and Firestore takes about one write per second to a document.
      return isUser && countsForAllInstances(rateLimit) ? countForAllInstances(policy, caller) : undefined;
    },
    countForAllInstances,
  };
}

/** A customer usually gets a whole IPv6 network of 64 bits. */
function addressKey(address: string | undefined): string {
  return address === undefined ? 'unknown' : networkOf(address, { ipv4: 32, ipv6: 64 });
}
