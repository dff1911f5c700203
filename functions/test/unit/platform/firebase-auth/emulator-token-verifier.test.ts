import assert from 'node:assert/strict';
import type { DecodedIdToken } from 'firebase-admin/auth';
import { createFirebaseTokenVerifier } from '../../../../src/authn/oidc/firebase-token.ts';
import { firebaseProfile } from '../../../../src/authn/oidc/providers/firebase.ts';
import { parseCompactJws } from '../../../../src/authn/parse-jws.ts';
import { EVERY_SIGN_IN } from '../../../../src/authn/sign-in-policy.ts';
import { createEmulatorTokenVerifier } from '../../../../src/platform/firebase-auth/emulator-token-verifier.ts';
import { forgeIdToken, unsigned } from '../../../helpers/forge.ts';
import { ISSUER, idTokenClaims, PROJECT } from '../../../helpers/google.ts';
import { authenticateToken, useTestInstance } from '../../../helpers/instance.ts';
import { assertRefused } from '../../../helpers/refusal.ts';

/** What the Auth emulator issues: https://firebase.google.com/docs/emulator-suite/connect_auth */
const emulated = () => forgeIdToken({ header: { alg: 'none', kid: undefined }, signer: unsigned });
const now = () => Math.floor(Date.now() / 1000);

describe("the emulator's unsigned token", () => {
  const test = useTestInstance();
  before(() => {
    test.google.users.set('ada', { localId: 'ada' });
  });

  it('is refused in production, and nothing is fetched', async () => {
    await assertRefused(
      () => authenticateToken(test.instance, emulated()),
      'invalid_token',
      'wrong-algorithm',
    );
    assert.deepEqual(test.google.requests, []);
  });

  it('is refused in the emulator if the SDK is not in emulator mode', async () => {
    const local = test.another({ env: { FUNCTIONS_EMULATOR: 'true' } });
    await assertRefused(() => authenticateToken(local, emulated()), 'invalid_token', 'auth/argument-error');
  });
});

describe('createEmulatorTokenVerifier', () => {
  function verifier(verifyIdToken: () => Promise<DecodedIdToken>) {
    const profile = firebaseProfile(PROJECT);
    const jwt = createEmulatorTokenVerifier({ profile, auth: async () => ({ verifyIdToken }) });
    return createFirebaseTokenVerifier({
      jwt,
      records: { read: async () => undefined },
      firstSight: { see: async () => undefined },
      signIn: EVERY_SIGN_IN,
    });
  }
  const verifying = verifier(async () => idTokenClaims() as unknown as DecodedIdToken);
  const failing = (cause: unknown) => verifier(() => Promise.reject(cause));
  const attempt = ({ verify }: ReturnType<typeof verifier>, token = emulated()) =>
    verify(parseCompactJws(token), now());

  it('accepts an unsigned token', async () => {
    const { principal } = await attempt(verifying);
    assert.deepEqual([principal.issuer, principal.subject], [ISSUER, 'ada']);
  });

  const invalid = {
    'a signed token': forgeIdToken({}),
    'alg none with a signature': forgeIdToken({ header: { alg: 'none' } }),
    'alg RS256 without a signature': forgeIdToken({ signer: unsigned }),
    'alg None': forgeIdToken({ header: { alg: 'None' }, signer: unsigned }),
  };
  for (const [what, token] of Object.entries(invalid)) {
    it(`refuses ${what}`, () =>
      assertRefused(() => attempt(verifying, token), 'invalid_token', 'wrong-algorithm'));
  }

  it('checks the claims as in production', async () => {
    const claims: readonly (readonly [object, string])[] = [
      [{ aud: 'other' }, 'wrong-audience'],
      [{ aud: [PROJECT] }, 'wrong-audience'],
      [{ sub: 'a/b' }, 'no-usable-sub'],
      [{ firebase: { tenant: 't' } }, 'tenant-token'],
      [{ exp: now() }, 'token-expired'],
      [{ nbf: now() + 4 }, 'issued-in-the-future'],
    ];
    for (const [more, reason] of claims) {
      const token = forgeIdToken({ claims: { ...more }, header: { alg: 'none' }, signer: unsigned });
      await assertRefused(() => attempt(verifying, token), 'invalid_token', reason);
    }
  });

  for (const code of ['auth/user-disabled', 'auth/user-not-found', 'auth/id-token-expired']) {
    it(`refuses the token for the SDK error ${code}`, () => {
      const cause = Object.assign(new Error('no'), { code });
      return assertRefused(() => attempt(failing(cause)), 'invalid_token', code);
    });
  }

  it('refuses a token as stale if the SDK finds it revoked, as in production', () => {
    const cause = Object.assign(new Error('no'), { code: 'auth/id-token-revoked' });
    return assertRefused(() => attempt(failing(cause)), 'token_stale');
  });

  for (const code of ['auth/internal-error', 'app/network-error', 'ECONNREFUSED', 7]) {
    it(`is "unavailable" for the error code ${code}, which is no refusal of the token`, () => {
      const cause = Object.assign(new Error('no'), { code });
      return assertRefused(() => attempt(failing(cause)), 'unavailable', `verifyIdToken: ${code}`);
    });
  }

  for (const cause of [new TypeError('a bug'), { code: 'auth/x' }, 'auth/x', null]) {
    it(`passes on ${JSON.stringify(cause)}, which is not an SDK error`, async () => {
      await assert.rejects(attempt(failing(cause)), (thrown) => thrown === cause);
    });
  }
});
