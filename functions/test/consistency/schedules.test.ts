import assert from 'node:assert/strict';
import { AppError } from '../../src/core/errors.ts';
import { isPermanentOwner } from '../../src/directory/entry.ts';
import { readOutsideTransaction } from './faults.ts';
import {
  grantDuringDemotion,
  mutualDemotion,
  type Scenario,
  scenarios,
  temporaryOwners,
} from './owner-scenarios.ts';
import {
  claimsOf,
  type Fault,
  type FinalState,
  openScheduledEnvironment,
  type ScheduledEnvironment,
} from './scheduled-environment.ts';
import { random } from './scheduler.ts';

/** Runs one schedule only, e.g. `SCHEDULE=417`, to reproduce a failure. */
const { SCHEDULE } = process.env;

interface Run {
  readonly steps: readonly string[];
  readonly outcomes: readonly string[];
  readonly final: FinalState;
}

describe('owners who change each other, in any order of their calls', function () {
  this.timeout(180_000);
  let environment: ScheduledEnvironment;
  before(async () => {
    environment = await openScheduledEnvironment();
  });
  after(() => environment.close());

  async function runScenario({ entries, changes }: Scenario, seed: number, fault?: Fault): Promise<Run> {
    const usersOf = await environment.reset(entries, fault);
    const outcomes: string[] = changes.map(() => 'started');
    const actors = changes.map(({ by, target, change }, n) => async () => {
      outcomes[n] = await outcomeOf(change(usersOf(by), by, target));
    });
    const steps = await environment.scheduler.run(actors, random(seed));
    return { steps, outcomes, final: await environment.readState() };
  }

  for (const scenario of scenarios) {
    it(`leaves an owner, and only owners act: ${scenario.name}`, async () => {
      const orders = new Set<string>();
      const results = new Set<string>();
      const seeds = SCHEDULE
        ? [Number(SCHEDULE)]
        : Array.from({ length: scenario.schedules }, (_, n) => n + 1);
      for (const seed of seeds) {
        const run = await runScenario(scenario, seed);
        check(scenario, run, seed);
        orders.add(run.steps.join());
        results.add(run.outcomes.join());
      }
      if (SCHEDULE) return;
      assert.ok(orders.size > 0.9 * scenario.schedules, `only ${orders.size} different orders`);
      assert.ok(results.size > 1, 'the same change always wins');
    });
  }

  it('the same seed gives the same order and the same outcomes', async () => {
    for (const seed of [1, 2, 3]) {
      const first = await runScenario(mutualDemotion, seed);
      const second = await runScenario(mutualDemotion, seed);
      assert.deepEqual([second.steps, second.outcomes], [first.steps, first.outcomes]);
    }
  });

  const owners = (path: string) => path === 'system/owners';
  const own = (path: string, uid: string) => path === `directory/${uid}`;
  const either = (path: string, uid: string) => owners(path) || own(path, uid);
  const of =
    (which: (path: string, uid: string) => boolean): Fault =>
    (firestore, uid) =>
      readOutsideTransaction(firestore, (path) => which(path, uid));
  const faults = {
    'the list of owners': [temporaryOwners, of(owners)],
    'the entry of the actor': [grantDuringDemotion, of(own)],
    both: [mutualDemotion, of(either)],
  } as const;
  for (const [name, [scenario, fault]] of Object.entries(faults)) {
    it(`the schedules find the bug of reading ${name} outside the transaction`, async () => {
      for (let seed = 1; seed <= 100; seed++) {
        const run = await runScenario(scenario, seed, fault);
        try {
          check(scenario, run, seed);
        } catch (error) {
          assert.ok(error instanceof assert.AssertionError);
          return;
        }
      }
      assert.fail('100 schedules did not find it');
    });
  }
});

function check({ entries, ownersLeft }: Scenario, { steps, outcomes, final }: Run, seed: number): void {
  const at = `SCHEDULE=${seed}: ${outcomes.join(', ')}\n${steps.join('\n')}`;
  const permanent = [...final.entries.values()].filter(isPermanentOwner).map(({ uid }) => uid);
  assert.ok(ownersLeft.includes(permanent.length), `${permanent.length} owners are left. ${at}`);
  assert.deepEqual([...final.owners].sort(), permanent.sort(), `the list of owners is wrong. ${at}`);
  for (const outcome of outcomes) {
    assert.ok(['done', 'permission_denied', 'last_owner', 'not_found'].includes(outcome), at);
  }

  // In the order of the commits, every actor was an owner at the time of their change.
  const currentOwners = new Set(entries.map(({ uid }) => uid));
  for (const { actor, target } of final.done) {
    assert.ok(currentOwners.has(actor), `${actor} was not an owner any more. ${at}`);
    currentOwners.delete(target);
  }
  assert.equal(final.done.length, outcomes.filter((outcome) => outcome === 'done').length, at);

  assert.deepEqual([...final.accounts.keys()].sort(), [...final.entries.keys()].sort(), at);
  for (const entry of final.entries.values()) {
    const { claims, disabled } = final.accounts.get(entry.uid) ?? assert.fail(entry.uid);
    assert.deepEqual([claims, disabled], [claimsOf(entry), entry.disabled], at);
    assert.deepEqual([entry.pending, entry.lease], [[], undefined], at);
  }
}

async function outcomeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'done';
  } catch (error) {
    if (error instanceof AppError) return error.code;
    throw error;
  }
}
