import assert from 'node:assert/strict';
import type { DecodedIdToken } from 'firebase-admin/auth';
import { createFirebaseIdTokenVerifier } from '../../../../src/authn/oidc/firebase-id-token.ts';
import { parseCompactJws } from '../../../../src/authn/parse-jws.ts';
import { openTestFirestore, type TestFirestore } from '../../../helpers/firestore.ts';
import { forgeIdToken, unsigned } from '../../../helpers/forge.ts';
import { type Google, ISSUER, idTokenClaims, openGoogle, PROJECT } from '../../../helpers/google.ts';
import { createInstance, type Instance, present } from '../../../helpers/instance.ts';
import { assertRefused } from '../../../helpers/refusal.ts';

/** What the Auth emulator issues: https://firebase.google.com/docs/emulator-suite/connect_auth */
const emulated = () => forgeIdToken({ header: { alg: 'none', kid: undefined }, signer: unsigned });
const now = () => Math.floor(Date.now() / 1000);

describe("the emulator's unsigned token", () => {
  let google: Google;
  let firestore: TestFirestore;
  before(async () => {
    google = await openGoogle();
    firestore = await openTestFirestore();
    google.users.set('ada', { localId: 'ada' });
  });
  after(() => Promise.all([google.close(), firestore.close()]));

  it('is refused in production, and nothing is fetched', async () => {
    await assertRefused(
      () => present(createInstance(google, firestore), emulated()),
      'invalid_token',
      'wrong-algorithm',
    );
    assert.deepEqual(google.requests, []);
  });

  it('is refused even in the emulator when the SDK was not told to expect it', async () => {
    const instance: Instance = createInstance(google, firestore, { env: { FUNCTIONS_EMULATOR: 'true' } });
    await assertRefused(() => present(instance, emulated()), 'invalid_token', 'auth/argument-error');
  });
});

describe('in the emulator', () => {
  function verifier(verifyIdToken: () => Promise<DecodedIdToken>) {
    const records = { read: async () => undefined };
    return createFirebaseIdTokenVerifier({ projectId: PROJECT, emulator: true, verifyIdToken, records });
  }
  const verifying = verifier(async () => idTokenClaims() as unknown as DecodedIdToken);
  const failing = (cause: unknown) => verifier(() => Promise.reject(cause));
  const attempt = ({ verify }: ReturnType<typeof verifier>, token = emulated()) =>
    verify(parseCompactJws(token), now());

  it('an unsigned token is a user', async () => {
    const { principal } = await attempt(verifying);
    assert.deepEqual([principal.issuer, principal.subject], [ISSUER, 'ada']);
  });

  const strange = {
    'a signed token': forgeIdToken({}),
    'alg none with a signature': forgeIdToken({ header: { alg: 'none' } }),
    'alg RS256 without a signature': forgeIdToken({ signer: unsigned }),
    'alg None': forgeIdToken({ header: { alg: 'None' }, signer: unsigned }),
  };
  for (const [what, token] of Object.entries(strange)) {
    it(`is refused: ${what}`, () =>
      assertRefused(() => attempt(verifying, token), 'invalid_token', 'wrong-algorithm'));
  }

  for (const code of ['auth/user-disabled', 'auth/user-not-found', 'auth/id-token-expired']) {
    it(`the SDK's own ${code} is a refusal`, () => {
      const cause = Object.assign(new Error('no'), { code });
      return assertRefused(() => attempt(failing(cause)), 'invalid_token', code);
    });
  }

  it('calls a token stale that the SDK finds revoked, as production would', () => {
    const cause = Object.assign(new Error('no'), { code: 'auth/id-token-revoked' });
    return assertRefused(() => attempt(failing(cause)), 'token_stale');
  });

  for (const code of ['auth/internal-error', 'app/network-error', 'ECONNREFUSED', 7]) {
    it(`an error of the code ${code} is never a refusal of the token`, () => {
      const cause = Object.assign(new Error('no'), { code });
      return assertRefused(() => attempt(failing(cause)), 'unavailable', `verifyIdToken: ${code}`);
    });
  }

  for (const cause of [new TypeError('a bug'), { code: 'auth/x' }, 'auth/x', null]) {
    it(`what is not an SDK error goes on as it is: ${JSON.stringify(cause)}`, async () => {
      await assert.rejects(attempt(failing(cause)), (thrown) => thrown === cause);
    });
  }
});
