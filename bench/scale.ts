import type { Section } from './lib/report.ts';
import { add, cost, multiply, NO_OPERATIONS, type Operations } from './scale/bill.ts';
import { type FeedOutcome, simulateFeed } from './scale/feed-simulation.ts';
import { PER_MILLION } from './scale/load.ts';
import { countOperations, type OperationCounts, type Scenario } from './scale/operations.ts';

const USERS = [10, 1_000, 100_000];
const INSTANCES = [1, 10, 100, 1_000];
const BURST = 1_000;

/** Estimates Gatehouse's Firestore cost for up to 100,000 users: the numbers of docs/operations/cost-and-scaling.md. */
export async function scale(): Promise<Section> {
  const scenarios = await countOperations();
  const constant = perMillion(scenarios);
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
        title: 'Firestore operations by scenario',
        head: ['what', 'reads', 'writes', 'deletes', 'TTL deletes', 'written documents, in order'],
        rows: Object.entries(scenarios).map(
          ([scenario, { reads, writes, deletes, ttlDeletes, documents }]) => [
            ...[
              scenario,
              String(reads),
              String(writes),
              String(deletes),
              String(ttlDeletes),
              documents.join(', '),
            ],
          ],
        ),
      },
      {
        title: 'Revocation feed, per million requests',
        head: [
          'users',
          'instances',
          'requests/s',
          'queries',
          'documents',
          '$',
          'new instances',
          'accepted for',
        ],
        rows,
      },
    ],
    checks: [
      // If no outdated token was accepted at all, the simulation did not test the limit.
      { budget: 'stalePassed', value: worst > 0 ? worst : Number.NaN },
      { budget: 'feedRate', value: mostQueries },
      { budget: 'burstReads', of: `${BURST} simultaneous changes`, value: perInstance / BURST },
      { budget: 'ordinaryReads', value: scenarios.ordinary.reads },
      { budget: 'privilegedReads', value: scenarios.privileged.reads },
      { budget: 'roleChangeWrites', value: scenarios.roleChange.writes },
    ],
    raw: scenarios,
    notes: [
      `A million requests without the revocation feed: ${formatOperations(constant)}.`,
      `${BURST} simultaneous changes, then none for an hour: ${perInstance.toFixed(0)} documents per instance.`,
    ],
  };
}

/** Firestore operations per million requests, without the revocation feed and the scheduled reconciliation. */
function perMillion(deeds: Readonly<Record<Scenario, OperationCounts>>): Operations {
  const { signIn, signUp, privileged, refusedPrivileged, signOutEverywhere, disable } = PER_MILLION;
  const changes: readonly [Scenario, number][] = [
    ['signIn', signIn],
    ['privileged', privileged],
    ['refusedPrivileged', refusedPrivileged],
    ['signUp', signUp],
    ['roleChange', PER_MILLION.roleChange],
    ['signOutEverywhere', signOutEverywhere],
    ['disable', disable],
    // Each user with changed roles sends one more request with the old token.
    ['staleToken', PER_MILLION.roleChange + signOutEverywhere + disable],
  ];
  return changes.reduce(
    (sum, [scenario, count]) => add(sum, multiply(deeds[scenario], count)),
    NO_OPERATIONS,
  );
}

function formatOperations(operations: Operations): string {
  const { reads, writes, deletes, ttlDeletes } = operations;
  return `${reads} reads, ${writes} writes, ${deletes + ttlDeletes} deletes, $${cost(operations).toFixed(4)}`;
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
  const dollars = cost(add(constant, { ...NO_OPERATIONS, reads: reads * million }));
  const passed = probes === 0 ? '–' : `${lastAccepted.toFixed(1)} s`;
  const rate = requests / 3600;
  const cells = [
    ...[users, instances, rate < 10 ? rate.toFixed(2) : Math.round(rate)],
    ...[Math.round(queries * million), Math.round(reads * million), dollars.toFixed(3), coldStarts, passed],
  ];
  return cells.map((cell) => cell.toLocaleString('en'));
}
