import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { getAuth } from 'firebase-admin/auth';
import { createBearerAuthenticator } from '../../src/authn/bearer.ts';
import { createFirebaseTokenVerifier } from '../../src/authn/oidc/firebase-token.ts';
import { firebaseProfile } from '../../src/authn/oidc/providers/firebase.ts';
import { createJwtVerifier } from '../../src/authn/oidc/verify-jwt.ts';
import { EVERY_SIGN_IN } from '../../src/authn/sign-in-policy.ts';
import { AppError } from '../../src/core/errors.ts';
import { forge, rs256 } from '../helpers/forge.ts';
import { type Google, googleKey, idTokenClaims, openGoogle, PROJECT } from '../helpers/google.ts';
import { silentLog } from '../helpers/log.ts';
import { caseCount, SEED } from '../helpers/random-cases.ts';
import { isFirebase } from './attack.ts';
import { attacks } from './attack-table.ts';
import { mutation, type ValidTokens } from './mutations.ts';
import { createKey } from './signers.ts';
import { issueToken, tokenKinds } from './token-kinds.ts';

/**
 * Gatehouse verifies Firebase ID tokens itself. It accepts no token that `verifyIdToken` of firebase-admin refuses: for the
 * attack table, mutated tokens, and tokens with random claims signed with Google's key.
 */

const RUNS = caseCount(100_000);

describe('the Firebase ID token verifier, compared with firebase-admin', () => {
  const realNow = Date.now;
  /** Seconds since the epoch. Both use this fixed time, so that no token expires between the two. */
  const now = Math.floor(realNow() / 1000);
  let google: Google;
  let bearer: ReturnType<typeof createBearerAuthenticator>;
  before(async () => {
    google = await openGoogle();
    const { fetch } = google;
    const jwt = createJwtVerifier({
      ...{ profiles: [firebaseProfile(PROJECT)], fetch, clock: () => now * 1000, log: silentLog },
    });
    const record = { created: 0, disabled: false, validAfter: 0, rolesVersion: 0, grants: [] };
    bearer = createBearerAuthenticator([
      createFirebaseTokenVerifier({
        jwt,
        records: { read: async () => record },
        firstSight: { see: async () => record },
        signIn: EVERY_SIGN_IN,
      }),
    ]);
    Date.now = () => now * 1000;
  });
  after(() => {
    Date.now = realNow;
    return google.close();
  });

  /** Whether Gatehouse accepts the token. If it does, firebase-admin must accept it with the same uid. */
  async function isAccepted(token: string): Promise<boolean> {
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

  it('accepts the valid Firebase token, as firebase-admin does, and no other kind', async () => {
    for (const kind of tokenKinds)
      assert.equal(await isAccepted(await issueToken(kind, now)), isFirebase(kind), kind.name);
  });

  it('accepts no token of the attack table', async () => {
    const attacker = { url: 'https://attacker.example', key: createKey('RSA', 'attacker') };
    let checked = 0;
    for (const kind of tokenKinds) {
      for (const { name, tokens, appliesTo } of attacks) {
        if (appliesTo?.(kind) === false) continue;
        for (const token of await tokens(kind, {
          ...attacker,
          validToken: await issueToken(kind, now),
          now,
        })) {
          assert.equal(await isAccepted(token), false, name);
          checked++;
        }
      }
    }
    assert.ok(checked > 1_000, String(checked));
  }).timeout(300_000);

  async function run(arbitrary: fc.Arbitrary<string>): Promise<number> {
    let accepted = 0;
    const property = fc.asyncProperty(arbitrary, async (token) => {
      if (await isAccepted(token)) accepted++;
    });
    const details = await fc.check(property, { numRuns: RUNS, seed: SEED });
    assert.ok(!details.failed, `FUZZ_SEED=${SEED}: ${fc.defaultReportMessage(details)}`);
    assert.equal(details.numRuns, RUNS);
    return accepted;
  }

  it('accepts no mutated token that firebase-admin refuses', async () => {
    const validTokens: ValidTokens = await Promise.all(tokenKinds.map((kind) => issueToken(kind, now)));
    await run(mutation.map((mutate) => mutate(validTokens, now)));
  }).timeout(900_000);

  it('accepts no token signed with Google’s key that firebase-admin refuses', async () => {
    const accepted = await run(signedTokens(now));
    console.log(`      ${accepted} of ${RUNS} signed tokens were accepted by both (seed ${SEED})`);
    // Without accepted and refused tokens the test would prove nothing.
    assert.ok(accepted > RUNS / 20 && accepted < RUNS, String(accepted));
  }).timeout(900_000);
});

/** Tokens with a valid signature. Header and claims are at the limits of what is accepted, or beyond. */
function signedTokens(now: number): fc.Arbitrary<string> {
  const nearNow = fc.integer({ min: -8, max: 8 }).map((seconds) => now + seconds);
  const anyValue = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constant(undefined), fc.double());
  const mostly = <T>(usual: readonly T[]) =>
    fc.oneof({ weight: 8, arbitrary: fc.constantFrom(...usual) }, anyValue);
  const changeOne = (values: Readonly<Record<string, fc.Arbitrary<unknown>>>) =>
    fc.oneof(...Object.entries(values).map(([name, value]) => value.map((to) => ({ [name]: to }))));
  const claim = changeOne({
    iss: mostly([`https://securetoken.google.com/${PROJECT}`, 'https://securetoken.google.com/other']),
    aud: mostly([PROJECT, [PROJECT], [PROJECT, 'other'], `${PROJECT}2`]),
    sub: mostly(['ada', 'a'.repeat(128), 'a'.repeat(129), '']),
    exp: fc.oneof(
      nearNow,
      anyValue,
      nearNow.map((at) => at + 0.5),
    ),
    iat: fc.oneof(
      nearNow,
      anyValue,
      nearNow.map((at) => at - 3600),
    ),
    nbf: fc.oneof(nearNow, anyValue),
    auth_time: fc.oneof(nearNow, anyValue),
    firebase: mostly([{ sign_in_provider: 'password' }, { sign_in_provider: 'custom' }, { tenant: 't' }, {}]),
    uid: mostly(['eve', 'ada']),
    user_id: mostly(['eve', 'ada']),
    events: anyValue,
    roles: anyValue,
    subject_auth_time: fc.oneof(nearNow, anyValue),
    passkey_auth_time: fc.oneof(nearNow, anyValue),
  });
  const parameter = changeOne({
    alg: mostly(['RS256', 'none', 'RS384']),
    kid: mostly([googleKey.kid, 'other']),
    typ: mostly(['JWT', 'jwt', 'at+jwt']),
    crit: anyValue,
    cty: anyValue,
  });
  return fc
    .tuple(fc.array(claim, { maxLength: 3 }), fc.option(parameter, { freq: 2 }))
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
