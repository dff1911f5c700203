import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { getAuth } from 'firebase-admin/auth';
import { createBearerAuthenticator } from '../../src/authn/bearer.ts';
import { createFirebaseTokenVerifier } from '../../src/authn/oidc/firebase-token.ts';
import { firebaseProfile } from '../../src/authn/oidc/providers/firebase.ts';
import { createJwtVerifier } from '../../src/authn/oidc/verify-jwt.ts';
import { AppError } from '../../src/core/errors.ts';
import { forge, rs256 } from '../helpers/forge.ts';
import { type Google, googleKey, idTokenClaims, openGoogle, PROJECT } from '../helpers/google.ts';
import { caseCount } from '../helpers/random-cases.ts';
import { isFirebase } from './attack.ts';
import { kinds, mint } from './issuer-kinds.ts';
import { type Good, mutation } from './mutations.ts';
import { createKey } from './signers.ts';
import { attacks } from './table.ts';

/**
 * Gatehouse verifies Firebase ID tokens itself. Nothing passes that firebase-admin's `verifyIdToken` refuses: over the table
 * of attacks, over changed tokens, and over tokens that Google's key has really signed.
 */

const SEED = Number(process.env.FAST_CHECK_SEED ?? Date.now() % 2 ** 31);
const RUNS = caseCount(100_000);

describe('Gatehouse and firebase-admin', () => {
  const realNow = Date.now;
  /** Both read one clock, and it stands still: no token expires between the two. Seconds since the epoch. */
  const now = Math.floor(realNow() / 1000);
  let google: Google;
  let bearer: ReturnType<typeof createBearerAuthenticator>;
  before(async () => {
    google = await openGoogle();
    const { fetch } = google;
    const jwt = createJwtVerifier({ profiles: [firebaseProfile(PROJECT)], fetch, clock: () => now * 1000 });
    const record = { disabled: false, validAfter: 0, rolesVersion: 0, grants: [] };
    bearer = createBearerAuthenticator([
      createFirebaseTokenVerifier({ jwt, records: { read: async () => record } }),
    ]);
    Date.now = () => now * 1000;
  });
  after(() => {
    Date.now = realNow;
    return google.close();
  });

  /** Does Gatehouse accept it? Then firebase-admin has to, too, and both have to see the same user. */
  async function passes(token: string): Promise<boolean> {
    let subject: string;
    try {
      ({
        principal: { subject },
      } = await bearer.authenticate(token, now));
    } catch (error) {
      if (error instanceof AppError && error.code === 'invalid_token') return false;
      throw error;
    }
    const { uid } = await getAuth(google.app)
      .verifyIdToken(token)
      .catch((error) => assert.fail(`firebase-admin refuses ${token}: ${inspect(error)}`));
    assert.equal(subject, uid);
    return true;
  }

  it('accept the same good token', async () => {
    for (const kind of kinds) assert.equal(await passes(await mint(kind, now)), isFirebase(kind), kind.name);
  });

  it('agree on every token of the table of attacks', async () => {
    const attacker = { url: 'https://attacker.example', key: createKey('RSA', 'attacker') };
    let presented = 0;
    for (const kind of kinds) {
      for (const { what, tokens, against } of attacks) {
        if (against?.(kind) === false) continue;
        for (const token of await tokens(kind, { ...attacker, good: await mint(kind, now), now })) {
          assert.equal(await passes(token), false, what);
          presented++;
        }
      }
    }
    assert.ok(presented > 1_000, String(presented));
  }).timeout(300_000);

  async function run(arbitrary: fc.Arbitrary<string>): Promise<number> {
    let accepted = 0;
    const property = fc.asyncProperty(arbitrary, async (token) => {
      if (await passes(token)) accepted++;
    });
    const details = await fc.check(property, { numRuns: RUNS, seed: SEED });
    assert.ok(!details.failed, `FAST_CHECK_SEED=${SEED}: ${fc.defaultReportMessage(details)}`);
    assert.equal(details.numRuns, RUNS);
    return accepted;
  }

  it('agree on changed tokens', async () => {
    const good: Good = await Promise.all(kinds.map((kind) => mint(kind, now)));
    await run(mutation.map((mutate) => mutate(good, now)));
  }).timeout(900_000);

  it('agree on tokens of odd claims that Google has really signed', async () => {
    const accepted = await run(signed(now));
    console.log(`      ${accepted} of ${RUNS} signed tokens were accepted by both (seed ${SEED})`);
    // Otherwise the test would show nothing.
    assert.ok(accepted > RUNS / 20 && accepted < RUNS, String(accepted));
  }).timeout(900_000);
});

/** Tokens with a good signature whose header and claims are at the edge of what is accepted, or beyond. */
function signed(now: number): fc.Arbitrary<string> {
  const near = fc.integer({ min: -8, max: 8 }).map((seconds) => now + seconds);
  const odd = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constant(undefined), fc.double());
  const one = <T>(usual: readonly T[], ...more: fc.Arbitrary<unknown>[]) =>
    fc.oneof({ weight: 8, arbitrary: fc.constantFrom(...usual) }, odd, ...more);
  const change = (values: Readonly<Record<string, fc.Arbitrary<unknown>>>) =>
    fc.oneof(...Object.entries(values).map(([name, value]) => value.map((to) => ({ [name]: to }))));
  const claim = change({
    iss: one([`https://securetoken.google.com/${PROJECT}`, 'https://securetoken.google.com/other']),
    aud: one([PROJECT, [PROJECT], [PROJECT, 'other'], `${PROJECT}2`]),
    sub: one(['ada', 'a'.repeat(128), 'a'.repeat(129), '']),
    exp: fc.oneof(
      near,
      odd,
      near.map((at) => at + 0.5),
    ),
    iat: fc.oneof(
      near,
      odd,
      near.map((at) => at - 3600),
    ),
    nbf: fc.oneof(near, odd),
    auth_time: fc.oneof(near, odd),
    firebase: one([{ sign_in_provider: 'password' }, { tenant: 't' }, {}]),
    uid: one(['eve', 'ada']),
    user_id: one(['eve', 'ada']),
    events: odd,
    roles: odd,
    subject_auth_time: fc.oneof(near, odd),
  });
  const headerKey = change({
    alg: one(['RS256', 'none', 'RS384']),
    kid: one([googleKey.kid, 'other']),
    typ: one(['JWT', 'jwt', 'at+jwt']),
    crit: odd,
    cty: odd,
  });
  return fc
    .tuple(fc.array(claim, { maxLength: 3 }), fc.option(headerKey, { freq: 2 }))
    .map(([claims, header]) =>
      forge(
        { alg: 'RS256', kid: googleKey.kid, typ: 'JWT', ...header },
        Object.assign(
          { ...idTokenClaims(), auth_time: now - 60, iat: now - 10, exp: now + 600 },
          ...claims,
        ) as object,
        rs256(),
      ),
    );
}
