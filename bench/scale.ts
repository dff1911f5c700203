import type { Section } from './lib/report.ts';
import { cost, NOTHING, type Operations, plus, times } from './scale/bill.ts';
import { type FeedOutcome, simulateFeed } from './scale/feed-world.ts';
import { PER_MILLION } from './scale/load.ts';
import { type Counted, countOperations, type Deed } from './scale/operations.ts';

const USERS = [10, 1_000, 100_000];
const INSTANCES = [1, 10, 100, 1_000];
const BURST = 1_000;

/** What Gatehouse costs in Firestore, at sizes that nobody can start on a laptop: the numbers of docs/operations/cost-and-scaling.md. */
export async function scale(): Promise<Section> {
  const deeds = await countOperations();
  const constant = perMillion(deeds);
  const rows: string[][] = [];
  let worst = 0;
  let mostQueries = 0;
  for (const users of USERS) {
    for (const instances of INSTANCES) {
      const outcome = await simulateFeed({ users, instances });
      rows.push(feedRow({ users, instances, outcome, constant }));
      worst = Math.max(worst, outcome.lastAccepted);
      mostQueries = Math.max(mostQueries, outcome.queries / (instances * 360 + outcome.coldStarts));
    }
  }
  const after = await simulateFeed({ users: 1_000, instances: 10, burst: BURST });
  const perInstance = after.reads / (10 + after.coldStarts);
  return {
    tables: [
      {
        title: 'What each operation does in Firestore',
        head: ['what', 'reads', 'writes', 'deletes', 'later, by TTL', 'written, in order'],
        rows: Object.entries(deeds).map(([deed, { reads, writes, deletes, expired, documents }]) => [
          ...[deed, String(reads), String(writes), String(deletes), String(expired), documents.join(', ')],
        ]),
      },
      {
        title: 'The feed of access changes, per million requests',
        head: [
          'users',
          'instances',
          'requests/s',
          'queries',
          'documents',
          '$',
          'new instances',
          'passed for',
        ],
        rows,
      },
    ],
    checks: [
      // Nothing that passed at all would mean that nothing was tried.
      { budget: 'stalePassed', value: worst > 0 ? worst : Number.NaN },
      { budget: 'feedRate', value: mostQueries },
      { budget: 'burstReads', of: `${BURST} at once`, value: perInstance / BURST },
      { budget: 'ordinaryReads', value: deeds.ordinary.reads },
      { budget: 'privilegedReads', value: deeds.privileged.reads },
      { budget: 'roleChangeWrites', value: deeds.roleChange.writes },
    ],
    raw: deeds,
    notes: [
      `A million requests without the feed: ${describe(constant)}.`,
      `${BURST} changes at once, then none for an hour: ${perInstance.toFixed(0)} documents an instance.`,
    ],
  };
}

/** All but the feed. Reconciling comes on top, by the clock and not by requests. */
function perMillion(deeds: Readonly<Record<Deed, Counted>>): Operations {
  const { signIn, signUp, privileged, refusedPrivileged, signOutEverywhere, disable } = PER_MILLION;
  const changes: readonly [Deed, number][] = [
    ['signIn', signIn],
    ['privileged', privileged],
    ['refusedPrivileged', refusedPrivileged],
    ['signUp', signUp],
    ['roleChange', PER_MILLION.roleChange],
    ['signOutEverywhere', signOutEverywhere],
    ['disable', disable],
    // Everybody whose rights changed comes back once with the old token.
    ['staleToken', PER_MILLION.roleChange + signOutEverywhere + disable],
  ];
  return changes.reduce((sum, [deed, count]) => plus(sum, times(deeds[deed], count)), NOTHING);
}

function describe(operations: Operations): string {
  const { reads, writes, deletes, expired } = operations;
  return `${reads} reads, ${writes} writes, ${deletes + expired} deletes, $${cost(operations).toFixed(4)}`;
}

function feedRow(row: {
  readonly users: number;
  readonly instances: number;
  readonly outcome: FeedOutcome;
  readonly constant: Operations;
}): string[] {
  const { users, instances, outcome, constant } = row;
  const { requests, queries, reads, coldStarts, probes, lastAccepted } = outcome;
  const million = 1e6 / requests;
  const dollars = cost(plus(constant, { ...NOTHING, reads: reads * million }));
  const passed = probes === 0 ? '–' : `${lastAccepted.toFixed(1)} s`;
  const rate = requests / 3600;
  const cells = [
    ...[users, instances, rate < 10 ? rate.toFixed(2) : Math.round(rate)],
    ...[Math.round(queries * million), Math.round(reads * million), dollars.toFixed(3), coldStarts, passed],
  ];
  return cells.map((cell) => cell.toLocaleString('en'));
}
