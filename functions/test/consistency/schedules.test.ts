import assert from 'node:assert/strict';
import { AppError } from '../../src/core/errors.ts';
import { isPermanentOwner } from '../../src/directory/entry.ts';
import type { OpenedFirestore } from '../../src/platform/firestore/firestore.ts';
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

/** To see one schedule again: `SCHEDULE=417`. */
const { SCHEDULE } = process.env;

interface Came {
  readonly steps: readonly string[];
  readonly outcomes: readonly string[];
  readonly found: FinalState;
}

describe('in every order of the calls to Firestore and Firebase Auth,', function () {
  this.timeout(180_000);
  let world: ScheduledEnvironment;
  before(async () => {
    world = await openScheduledEnvironment();
  });
  after(() => world.close());

  async function play({ entries, attacks }: Scenario, seed: number, flaw?: Fault): Promise<Came> {
    const usersOf = await world.begin(entries, flaw);
    const outcomes: string[] = attacks.map(() => 'begun');
    const acts = attacks.map(({ by, target, attack }, n) => async () => {
      outcomes[n] = await outcomeOf(attack(usersOf(by), by, target));
    });
    const steps = await world.scheduler.run(acts, random(seed));
    return { steps, outcomes, found: await world.look() };
  }

  for (const story of scenarios) {
    it(`${story.name} leave an owner, and nobody acts without the right to`, async () => {
      const orders = new Set<string>();
      const endings = new Set<string>();
      const seeds = SCHEDULE ? [Number(SCHEDULE)] : Array.from({ length: story.schedules }, (_, n) => n + 1);
      for (const seed of seeds) {
        const came = await play(story, seed);
        check(story, came, seed);
        orders.add(came.steps.join());
        endings.add(came.outcomes.join());
      }
      if (SCHEDULE) return;
      assert.ok(orders.size > 0.9 * story.schedules, `only ${orders.size} different orders`);
      assert.ok(endings.size > 1, 'the same one is always faster');
    });
  }

  it('the same seed gives the same order and the same end', async () => {
    for (const seed of [1, 2, 3]) {
      const [first, second] = [await play(mutualDemotion, seed), await play(mutualDemotion, seed)];
      assert.deepEqual([second.steps, second.outcomes], [first.steps, first.outcomes]);
    }
  });

  const owners = (path: string) => path === 'system/owners';
  const own = (path: string, uid: string) => path === `directory/${uid}`;
  const either = (path: string, uid: string) => owners(path) || own(path, uid);
  const flaws = {
    'the list of owners': [temporaryOwners, beside(owners)],
    'the entry of who acts': [grantDuringDemotion, beside(own)],
    'both of them': [mutualDemotion, beside(either)],
  } as const;
  for (const [name, [story, flaw]] of Object.entries(flaws)) {
    it(`it would show if ${name} were read beside the transaction`, async () => {
      for (let seed = 1; seed <= 100; seed++) {
        const came = await play(story, seed, flaw);
        try {
          check(story, came, seed);
        } catch (error) {
          assert.ok(error instanceof assert.AssertionError);
          return;
        }
      }
      assert.fail('a hundred schedules did not show it');
    });
  }
});

function check({ entries, left }: Scenario, { steps, outcomes, found }: Came, seed: number): void {
  const at = `SCHEDULE=${seed}: ${outcomes.join(', ')}\n${steps.join('\n')}`;
  const standing = [...found.entries.values()].filter(isPermanentOwner).map(({ uid }) => uid);
  assert.ok(left.includes(standing.length), `${standing.length} owners are left. ${at}`);
  assert.deepEqual([...found.owners].sort(), standing.sort(), `the list of owners is wrong. ${at}`);
  for (const outcome of outcomes) {
    assert.ok(['done', 'permission_denied', 'last_owner', 'not_found'].includes(outcome), at);
  }

  // In the order of the commits, whoever changed something was an owner at that moment.
  const inOffice = new Set(entries.map(({ uid }) => uid));
  for (const { actor, target } of found.done) {
    assert.ok(inOffice.has(actor), `${actor} was no owner any more. ${at}`);
    inOffice.delete(target);
  }
  assert.equal(found.done.length, outcomes.filter((outcome) => outcome === 'done').length, at);

  assert.deepEqual([...found.accounts.keys()].sort(), [...found.entries.keys()].sort(), at);
  for (const entry of found.entries.values()) {
    const { claims, disabled } = found.accounts.get(entry.uid) ?? assert.fail(entry.uid);
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

/** Reads some documents of a transaction outside of it, so that nobody notices when they change meanwhile. */
function beside(which: (path: string, uid: string) => boolean): Fault {
  return (firestore: OpenedFirestore, uid) => {
    const { db } = firestore;
    const runTransaction: typeof db.runTransaction = (update) =>
      db.runTransaction((tx) =>
        update(
          new Proxy(tx, {
            get: (target, name) =>
              name === 'get'
                ? (ref: FirebaseFirestore.DocumentReference) =>
                    which(ref.path, uid) ? ref.get() : target.get(ref)
                : Reflect.get(target, name).bind(target),
          }),
        ),
      );
    const flawed = new Proxy(db, {
      get: (target, name) => {
        if (name === 'runTransaction') return runTransaction;
        const value = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    return { ...firestore, db: flawed };
  };
}
