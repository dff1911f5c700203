import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { AppError } from '../../src/core/errors.ts';
import { caseCount, SEED } from '../helpers/random-cases.ts';
import { assertAccepted, type Environment, fitsInHeader, openEnvironment } from './environment.ts';
import { mutation, type ValidTokens } from './mutations.ts';
import { issueToken, tokenKinds } from './token-kinds.ts';

/** Number of mutated tokens, time limit (ms), and the minimum number within the time limit. */
const RUNS = caseCount(100_000);
const TIME_LIMIT = 60_000;
const MIN_RUNS = caseCount(20_000);
/** Number of mutated tokens sent over HTTP. */
const HTTP_RUNS = caseCount(500);
/** Time limit (ms) for one token. */
const MAX_MS = 1_000;

describe('a mutated token', () => {
  let environment: Environment;
  let validTokens: ValidTokens;
  let now = 0;
  before(async () => {
    environment = await openEnvironment();
    now = environment.now();
    validTokens = await Promise.all(tokenKinds.map((kind) => issueToken(kind, now)));
    await assertAllAccepted();
    environment.takeOutgoingRequests();
  });
  after(() => environment.close());

  async function assertAllAccepted(): Promise<void> {
    for (const [index, kind] of tokenKinds.entries())
      await assertAccepted(environment, kind, validTokens[index] ?? '');
  }

  async function run(property: fc.IAsyncProperty<unknown>, numRuns: number): Promise<number> {
    const limits = { interruptAfterTimeLimit: TIME_LIMIT, markInterruptAsFailure: false };
    const details = await fc.check(property, { numRuns, seed: SEED, ...limits });
    assert.ok(!details.failed, `FUZZ_SEED=${SEED}: ${fc.defaultReportMessage(details)}`);
    return details.numRuns;
  }

  it('is always refused, with invalid_token and within a second', async () => {
    const reasons = new Map<string, number>();
    const slow: string[] = [];
    const refused = fc.asyncProperty(mutation, async (mutate) => {
      const token = mutate(validTokens, now);
      const start = performance.now();
      const outcome = await environment.authenticate(token).catch((error: unknown) => error);
      if (performance.now() - start >= MAX_MS) slow.push(token);
      if (validTokens.includes(token)) {
        assert.ok(!(outcome instanceof Error), `a valid token was refused: ${inspect(outcome)}`);
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
      `      ${done} mutated tokens (seed ${SEED}), ${bySignature} of them refused by the signature check`,
    );
    assert.ok(done >= MIN_RUNS, `only ${done} in ${TIME_LIMIT} ms`);
    assert.ok(bySignature >= done / 20, `too few tokens reached the signature check: ${inspect(reasons)}`);
    // The machine can be slow once. A token that causes the delay is slow every time.
    for (const token of slow) {
      const start = performance.now();
      for (let run = 0; run < 5; run++) await environment.authenticate(token).catch(() => undefined);
      assert.ok(performance.now() - start < 5 * MAX_MS, inspect(token));
    }
    assert.deepEqual(environment.takeOutgoingRequests(), []);
    assert.deepEqual(environment.attacker.requestedPaths, []);
    await assertAllAccepted();
  }).timeout(TIME_LIMIT * 2);

  it('gets the response of every invalid token over HTTP', async () => {
    const refused = fc.asyncProperty(mutation, async (mutate) => {
      const token = mutate(validTokens, now);
      fc.pre(fitsInHeader(token) && !validTokens.includes(token));
      const { status, body } = await environment.getMe(token);
      assert.deepEqual(
        [status, body.code, body.detail],
        [401, 'invalid_token', 'The credential was not accepted.'],
        inspect(token),
      );
    });
    assert.equal(await run(refused, HTTP_RUNS), HTTP_RUNS);
    await assertAllAccepted();
  }).timeout(TIME_LIMIT * 2);
});
