import type { Check, Table } from '../lib/report.ts';
import type { Sizes } from '../lib/sizes.ts';
import { figure, whole } from '../lib/stats.ts';
import { simulateFeed } from '../scale/feed-world.ts';

/** Active users for each instance: enough that none is idle. */
const USERS_EACH = 1_000;

/** Instances: what each asks of Firestore in the simulated hour of `scale`, while load grows with their number. */
export async function acrossInstances({
  growth: { instances },
}: Sizes): Promise<{ table: Table; checks: Check[] }> {
  const rows = [];
  for (const count of instances) {
    const { queries, reads, coldStarts } = await simulateFeed({
      ...{ users: USERS_EACH * Math.min(count, 100), instances: count },
    });
    rows.push({ count, rate: queries / (count * 360 + coldStarts), reads: reads / (count + coldStarts) });
  }
  return {
    table: {
      title: 'The access changes, simulated: what one instance asks of Firestore',
      head: ['instances', 'queries in 10 s', 'documents an instance'],
      rows: rows.map(({ count, rate, reads }) => [whole(count), figure(rate), whole(reads)]),
    },
    checks: rows.map(({ count, rate }) => ({
      budget: 'feedRate',
      of: `${whole(count)} instances`,
      value: rate,
    })),
  };
}
