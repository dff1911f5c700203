import { systemClock } from '../../functions/src/core/clock.ts';
import { createRevocationFeed } from '../../functions/src/directory/revocation/feed.ts';
import type { Sizes } from '../lib/sizes.ts';
import type { GrowthSeries } from './growth-series.ts';

/** Look-ups in a revocation feed with more and more changes of the last hour. */
export async function createChangesSeries({ growth: { changes } }: Sizes): Promise<GrowthSeries> {
  const callsByCount = new Map<number, Record<string, (index: number) => unknown>>();
  for (const count of changes) {
    const known = Array.from({ length: count }, (_, index) => ({ uid: `user-${index}`, rolesVersion: 2 }));
    const feed = createRevocationFeed({
      readSince: async () => ({ changes: known, readAt: Date.now(), more: false }),
      // Long enough that no read happens during the measurement.
      ...{ clock: systemClock, maxAge: 3_000 },
      log: { feedReadFailed: () => undefined },
    });
    await feed.find('unchanged-user');
    const uids = Array.from({ length: 64 }, (_, index) => `user-${Math.floor((index * count) / 64)}`);
    callsByCount.set(count, {
      'look-up of a user with changes': (index) => feed.find(uids[index % 64] ?? ''),
      'look-up of a user without changes': () => feed.find('unchanged-user'),
    });
  }
  // A map of 100,000 entries does not fit into the processor's caches: the look-up of changed users is not checked.
  const callFactors = { 'look-up of a user with changes': 25, 'look-up of a user without changes': 25 };
  return {
    variable: 'access changes in the last hour',
    callsByCount,
    mustStayFlat: ['look-up of a user without changes'],
    callFactors,
  };
}
