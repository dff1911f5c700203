import type { Result } from './measure.ts';
import { cost, NOTHING, type Operations, plus, times } from './scale/bill.ts';
import { type FeedOutcome, MAX_AGE, simulateFeed } from './scale/feed-world.ts';
import { PER_MILLION } from './scale/load.ts';
import { type Counted, countOperations, type Deed } from './scale/operations.ts';

const USERS = [10, 1_000, 100_000];
const INSTANCES = [1, 10, 100, 1_000];
const BURST = 1_000;

/** What Gatehouse costs in Firestore, at sizes that nobody can start on a laptop: the numbers of docs/scaling.md. */
export async function scale(): Promise<Result[]> {
  const deeds = await countOperations();
  printDeeds(deeds);
  const constant = perMillion(deeds);
  console.log(`\nA million requests without the feed: ${describe(constant)}\n`);

  console.log('| users | instances | requests/s | queries | documents | $ | new instances | passed for |');
  console.log('| --- | --- | --- | --- | --- | --- | --- | --- |');
  let worst = 0;
  let mostQueries = 0;
  for (const users of USERS) {
    for (const instances of INSTANCES) {
      const outcome = await simulateFeed({ users, instances });
      printFeed({ users, instances, outcome, constant });
      worst = Math.max(worst, outcome.lastAccepted);
      mostQueries = Math.max(mostQueries, outcome.queries / (instances * 360 + outcome.coldStarts));
    }
  }
  const after = await simulateFeed({ users: 1_000, instances: 10, burst: BURST });
  const perInstance = after.reads / (10 + after.coldStarts);
  console.log(
    `\n${BURST} changes at once, then none for an hour: ${perInstance.toFixed(0)} documents an instance\n`,
  );
  return [
    {
      what: 'simulated: an outdated token passes for',
      value: `${worst.toFixed(1)} s`,
      budget: `≤ ${MAX_AGE} s`,
      kept: worst > 0 && worst <= MAX_AGE,
    },
    {
      what: '  queries in 10 s per instance, at the most',
      value: mostQueries.toFixed(2),
      budget: '≤ 1',
      kept: mostQueries <= 1,
    },
    {
      what: `  reads of a change, of ${BURST} at once`,
      value: (perInstance / BURST).toFixed(1),
      budget: '≤ 4',
      kept: perInstance <= 4 * BURST,
    },
    ...costs(deeds),
  ];
}

/** What the page says of a change, held against the code. */
function costs({ ordinary, privileged, roleChange }: Readonly<Record<Deed, Counted>>): Result[] {
  const limited: readonly [string, number, number][] = [
    ['  reads of an ordinary request', ordinary.reads, 0],
    ['  reads of a privileged request', privileged.reads, 1],
    ['  writes of a role change', roleChange.writes, 4],
  ];
  return limited.map(([what, value, most]) => ({
    what,
    value: String(value),
    budget: `≤ ${most}`,
    kept: value <= most,
  }));
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

function printDeeds(deeds: Readonly<Record<Deed, Counted>>): void {
  console.log('| what | reads | writes | deletes | later, by TTL | written, in order |');
  console.log('| --- | --- | --- | --- | --- | --- |');
  for (const [deed, { reads, writes, deletes, expired, documents }] of Object.entries(deeds)) {
    console.log(`| ${deed} | ${reads} | ${writes} | ${deletes} | ${expired} | ${documents.join(', ')} |`);
  }
}

function printFeed(row: {
  readonly users: number;
  readonly instances: number;
  readonly outcome: FeedOutcome;
  readonly constant: Operations;
}): void {
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
  console.log(`| ${cells.map((cell) => cell.toLocaleString('en')).join(' | ')} |`);
}
