import type { Check, Table } from '../lib/report.ts';
import type { Sizes } from '../lib/sizes.ts';
import { formatNumber, wholeNumber } from '../lib/stats.ts';
import { simulateFeed } from '../scale/feed-simulation.ts';

/** Active users per instance, so that no instance is idle. */
const USERS_PER_INSTANCE = 1_000;

/** Firestore usage per instance in the simulated hour of `scale`. The load grows with the number of instances. */
export async function simulateInstances({
  growth: { instances },
}: Sizes): Promise<{ table: Table; checks: Check[] }> {
  const rows = [];
  for (const count of instances) {
    const { queries, reads, coldStarts } = await simulateFeed({
      ...{ users: USERS_PER_INSTANCE * Math.min(count, 100), instances: count },
    });
    rows.push({ count, rate: queries / (count * 360 + coldStarts), reads: reads / (count + coldStarts) });
  }
  return {
    table: {
      title: 'Simulated revocation feed: Firestore usage of one instance',
      head: ['instances', 'queries in 10 s', 'documents per instance'],
      rows: rows.map(({ count, rate, reads }) => [
        wholeNumber(count),
        formatNumber(rate),
        wholeNumber(reads),
      ]),
    },
    checks: rows.map(({ count, rate }) => ({
      budget: 'feedRate',
      of: `${wholeNumber(count)} instances`,
      value: rate,
    })),
  };
}
