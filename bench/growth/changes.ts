import { systemClock } from '../../functions/src/core/clock.ts';
import { createRevocationFeed } from '../../functions/src/directory/revocation/feed.ts';
import type { Sizes } from '../lib/sizes.ts';
import type { Growing } from './growth-series.ts';

/** Changes of the last hour that the feed holds: what it costs to ask it about somebody. */
export async function acrossChanges({ growth: { changes } }: Sizes): Promise<Growing> {
  const at = new Map<number, Record<string, (index: number) => unknown>>();
  for (const count of changes) {
    const known = Array.from({ length: count }, (_, index) => ({ uid: `user-${index}`, rolesVersion: 2 }));
    const feed = createRevocationFeed({
      readSince: async () => ({ changes: known, readAt: Date.now(), more: false }),
      // The next read would be another measurement.
      ...{ clock: systemClock, maxAge: 3_000 },
      log: { feedReadFailed: () => undefined },
    });
    await feed.find('somebody');
    const uids = Array.from({ length: 64 }, (_, index) => `user-${Math.floor((index * count) / 64)}`);
    at.set(count, {
      'the changes of somebody': (index) => feed.find(uids[index % 64] ?? ''),
      'of somebody without any': () => feed.find('somebody'),
    });
  }
  // A map of a hundred thousand does not fit into the processor's caches: the first is shown, and not checked.
  const shares = { 'the changes of somebody': 25, 'of somebody without any': 25 };
  return { of: 'access changes in the last hour', at, flat: ['of somebody without any'], shares };
}
