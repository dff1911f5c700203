import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { AppError } from '../../src/core/errors.ts';
import { caseCount } from '../helpers/random-cases.ts';
import { kinds, mint } from './issuer-kinds.ts';
import { type Good, mutation } from './mutations.ts';
import { assertPasses, canTravel, openWorld, type World } from './world.ts';

/** How many are tried, how long (ms) at the most, and how many at the least for the run to say anything. */
const RUNS = caseCount(100_000);
const TIME_LIMIT = 60_000;
const AT_LEAST = caseCount(20_000);
const SAMPLE = caseCount(500);
/** No token may take so long (ms). */
const SLOW = 1_000;

/** Another one every time; what it was is printed, so that a failure can be repeated. */
const SEED = Number(process.env.FAST_CHECK_SEED ?? Date.now() % 2 ** 31);

describe('a changed token', () => {
  let world: World;
  let good: Good;
  let now = 0;
  before(async () => {
    world = await openWorld();
    now = world.now();
    good = await Promise.all(kinds.map((kind) => mint(kind, now)));
    await passAll();
    world.asked();
  });
  after(() => world.close());

  async function passAll(): Promise<void> {
    for (const [index, kind] of kinds.entries()) await assertPasses(world, kind, good[index] ?? '');
  }

  async function run(property: fc.IAsyncProperty<unknown>, numRuns: number): Promise<number> {
    const limits = { interruptAfterTimeLimit: TIME_LIMIT, markInterruptAsFailure: false };
    const details = await fc.check(property, { numRuns, seed: SEED, ...limits });
    assert.ok(!details.failed, `FAST_CHECK_SEED=${SEED}: ${fc.defaultReportMessage(details)}`);
    return details.numRuns;
  }

  it('is never accepted, never breaks anything, and never takes a second', async () => {
    const reasons = new Map<string, number>();
    const slow: string[] = [];
    const refused = fc.asyncProperty(mutation, async (mutate) => {
      const token = mutate(good, now);
      const began = performance.now();
      const outcome = await world.authenticate(token).catch((error: unknown) => error);
      if (performance.now() - began >= SLOW) slow.push(token);
      if (good.includes(token)) {
        assert.ok(!(outcome instanceof Error), `a good token was refused: ${inspect(outcome)}`);
        return;
      }
      assert.ok(
        outcome instanceof AppError && outcome.code === 'invalid_token',
        `${inspect(token)} gave ${inspect(outcome)}`,
      );
      const reason = outcome.reason ?? '';
      reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    });
    const done = await run(refused, RUNS);

    const bySignature = reasons.get('wrong-signature') ?? 0;
    console.log(
      `      ${done} changed tokens (seed ${SEED}), ${bySignature} of them as far as the signature`,
    );
    assert.ok(done >= AT_LEAST, `only ${done} in ${TIME_LIMIT} ms`);
    assert.ok(bySignature >= done / 20, `most were refused too early to show much: ${inspect(reasons)}`);
    // A machine may stand still for as long; a token that is at fault takes it every time.
    for (const token of slow) {
      const began = performance.now();
      for (let time = 0; time < 5; time++) await world.authenticate(token).catch(() => undefined);
      assert.ok(performance.now() - began < 5 * SLOW, inspect(token));
    }
    assert.deepEqual(world.asked(), []);
    assert.deepEqual(world.attacker.asked, []);
    await passAll();
  }).timeout(TIME_LIMIT * 2);

  it('is refused by the HTTP API like any other bad one', async () => {
    const refused = fc.asyncProperty(mutation, async (mutate) => {
      const token = mutate(good, now);
      fc.pre(canTravel(token) && !good.includes(token));
      const { status, body } = await world.present(token);
      assert.deepEqual(
        [status, body.code, body.detail],
        [401, 'invalid_token', 'The credential was not accepted.'],
        inspect(token),
      );
    });
    assert.equal(await run(refused, SAMPLE), SAMPLE);
    await passAll();
  }).timeout(TIME_LIMIT * 2);
});
