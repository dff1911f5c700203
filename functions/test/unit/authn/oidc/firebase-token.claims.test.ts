import assert from 'node:assert/strict';
import { SignJWT } from 'jose';
import { CLOCK_SKEW_SECONDS } from '../../../../src/authn/token-times.ts';
import { forge, forgeIdToken, rs256 } from '../../../helpers/forge.ts';
import { googleKey, ISSUER, idTokenClaims, mintIdToken, PROJECT } from '../../../helpers/google.ts';
import { authenticateToken, useTestInstance } from '../../../helpers/instance.ts';
import { assertRefused } from '../../../helpers/refusal.ts';

/** Google's key signs every token here; only the claims differ. */
describe('claims of a signed ID token', () => {
  const test = useTestInstance();
  beforeEach(() => {
    test.google.users.set('ada', { localId: 'ada' });
    test.google.requests.length = 0;
  });

  /** Asserts a refusal without any request: a bad token must not be able to cause one. */
  async function assertRefusedWithoutRequest(token: string, reason: string): Promise<void> {
    await assertRefused(() => authenticateToken(test.instance, token), 'invalid_token', reason);
    assert.deepEqual(test.google.requests, []);
  }

  const issuers: Record<string, unknown> = {
    missing: undefined,
    null: null,
    empty: '',
    'with a trailing slash': `${ISSUER}/`,
    'with a suffix': `${ISSUER}.evil.example`,
    'with a longer project': `${ISSUER}2`,
    'with a prefix': `x${ISSUER}`,
    'in upper case': ISSUER.toUpperCase(),
    'over http': ISSUER.replace('https', 'http'),
    'with a query': `${ISSUER}?x`,
    'with a space': `${ISSUER} `,
    'of another project': 'https://securetoken.google.com/other',
    'without a project': 'https://securetoken.google.com/',
    'of an unknown host': 'https://evil.example',
    'an array': [ISSUER],
    'an object': { iss: ISSUER },
    'of a session cookie': `https://session.firebase.google.com/${PROJECT}`,
    'named __proto__': '__proto__',
  };
  for (const [what, iss] of Object.entries(issuers)) {
    it(`are refused, and nothing is fetched: iss ${what}`, async () =>
      assertRefusedWithoutRequest(await mintIdToken({ iss }), 'issuer-not-trusted'));
  }

  const audiences: Record<string, unknown> = {
    missing: undefined,
    null: null,
    empty: '',
    'of another project': 'other',
    'a prefix of ours': PROJECT.slice(0, -1),
    'ours with a suffix': `${PROJECT}2`,
    'in another case': PROJECT.toUpperCase(),
    'ours with a space': `${PROJECT} `,
    'an array with ours': [PROJECT],
    'an array with ours and another': [PROJECT, 'other'],
    'an empty array': [],
    'an object': { 0: PROJECT },
    'a number': 1,
  };
  for (const [what, aud] of Object.entries(audiences)) {
    it(`are refused, and nothing is fetched: aud ${what}`, () =>
      assertRefusedWithoutRequest(forgeIdToken({ claims: { aud } }), 'wrong-audience'));
  }

  const subjects: Record<string, unknown> = {
    missing: undefined,
    null: null,
    empty: '',
    'of 129 characters': 'a'.repeat(129),
    'with a NUL': 'a\0da',
    'with a slash': '../ada',
    'with a line break': 'ada\nroot',
    'with an escape sequence': 'ada\u001b[31m',
    'with a C1 control character': 'ada\u0085',
    'that Firestore reserves': '__ada__',
    'named __proto__': '__proto__',
    'of one dot': '.',
    'of two dots': '..',
    'a number': 1,
    'an array': ['ada'],
    'an object': { toString: 'ada' },
  };
  for (const [what, sub] of Object.entries(subjects)) {
    it(`are refused, and nothing is fetched: sub ${what}`, () =>
      assertRefusedWithoutRequest(forgeIdToken({ claims: { sub } }), 'no-usable-sub'));
  }

  for (const sub of ['a'.repeat(128), 'a b', 'ä', '__proto', 'constructor', '...']) {
    it(`name the user with the unusual id ${sub.slice(0, 12)}`, async () => {
      test.google.users.set(sub, { localId: sub });
      assert.equal((await authenticateToken(test.instance, await mintIdToken({ sub }))).subject, sub);
    });
  }

  const now = () => Math.floor(Date.now() / 1000);
  const times: Record<string, () => [claims: Record<string, unknown>, reason: string]> = {
    'no exp': () => [{ exp: undefined }, 'exp is not a number of seconds'],
    'exp as a string': () => [{ exp: String(now() + 600) }, 'exp is not a number of seconds'],
    'exp in milliseconds': () => [{ exp: Date.now() + 600_000 }, 'lifetime-too-long'],
    'exp past': () => [{ iat: now() - 20, exp: now() - 1 }, 'token-expired'],
    'exp now': () => [{ iat: now() - 20, exp: now() }, 'token-expired'],
    'no iat': () => [{ iat: undefined }, 'iat is not a number of seconds'],
    'a lifetime of 3601 seconds': () => [{ iat: now() - 10, exp: now() - 10 + 3601 }, 'lifetime-too-long'],
    'no auth_time': () => [{ auth_time: undefined }, 'auth_time is not a number of seconds'],
    'auth_time as a string': () => [{ auth_time: String(now()) }, 'auth_time is not a number of seconds'],
    'auth_time ahead': () => [{ auth_time: now() + 60 }, 'issued-in-the-future'],
    'iat ahead': () => [{ iat: now() + 60 }, 'issued-in-the-future'],
    'nbf ahead': () => [{ nbf: now() + 60 }, 'issued-in-the-future'],
  };
  for (const [what, claimsAndReason] of Object.entries(times)) {
    it(`are refused, and nothing is fetched: ${what}`, async () => {
      const [claims, reason] = claimsAndReason();
      await assertRefusedWithoutRequest(forgeIdToken({ claims }), reason);
    });
  }

  it('are refused, and nothing is fetched: exp that JSON reads as Infinity', () => {
    const payload = JSON.stringify(idTokenClaims({ exp: 'EXP' })).replace('"EXP"', '1e999');
    const token = forge({ alg: 'RS256', kid: googleKey.kid, typ: 'JWT' }, payload, rs256());
    return assertRefusedWithoutRequest(token, 'exp is not a number of seconds');
  });

  for (const claim of ['iat', 'auth_time']) {
    it(`may have ${claim} ahead, within the clock skew`, async () => {
      // A second less than the limit, so that the test's own duration does not matter.
      const token = await mintIdToken({ [claim]: now() + CLOCK_SKEW_SECONDS - 1 });
      assert.equal((await authenticateToken(test.instance, token)).subject, 'ada');
    });
  }

  it('use subject_auth_time as the time of sign-in only if it is before auth_time', async () => {
    const auth_time = now() - 60;
    for (const [at, authTime] of [
      [0, 0],
      [auth_time - 1, auth_time - 1],
      [auth_time, auth_time],
      [auth_time + 30, auth_time],
      [Number.MAX_SAFE_INTEGER, auth_time],
    ]) {
      const token = await mintIdToken({ auth_time, subject_auth_time: at });
      const principal = await authenticateToken(test.instance, token);
      assert.equal(principal.authTime, authTime, String(at));
      assert.equal(principal.assurance?.at, undefined, 'when its user signed in, is not known');
    }
  });

  it('are refused, and nothing is fetched: subject_auth_time is not a whole second', async () => {
    for (const value of [null, '', String(now()), -1, 1.5, 2 ** 53, true, [0], {}]) {
      const token = forgeIdToken({ claims: { subject_auth_time: value } });
      await assertRefusedWithoutRequest(token, 'subject_auth_time is not a whole number of seconds');
    }
  });

  it('get no clock skew for nbf, like in firebase-admin; Firebase never sets nbf', async () => {
    const token = await mintIdToken({ nbf: now() + CLOCK_SKEW_SECONDS - 1 });
    await assertRefusedWithoutRequest(token, 'issued-in-the-future');
  });

  it('are refused when they are the claims of a custom token', async () => {
    const custom = {
      iss: 'firebase-adminsdk@gatehouse-test.iam.gserviceaccount.com',
      sub: 'firebase-adminsdk@gatehouse-test.iam.gserviceaccount.com',
      aud: 'https://identitytoolkit.googleapis.com/google.identity.identitytoolkit.v1.IdentityToolkit',
      uid: 'ada',
      iat: now(),
      exp: now() + 3600,
    };
    const token = await new SignJWT(custom)
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT' })
      .sign(googleKey.privateKey);
    await assertRefusedWithoutRequest(token, 'issuer-not-trusted');
  });

  const roleClaims: Record<string, readonly [roles: unknown, expected: readonly string[]]> = {
    missing: [undefined, []],
    'a string': ['owner', []],
    'an object that looks like an array': [{ 0: 'owner', length: 1 }, []],
    'names of Object.prototype': [['__proto__', 'constructor', 'hasOwnProperty'], []],
    'not strings': [[null, 1, true, { toString: 'owner' }], []],
    'duplicates, and one unknown': [
      ['member', 'auditor', 'member', 'root'],
      ['member', 'auditor'],
    ],
  };
  for (const [what, [roles, expected]] of Object.entries(roleClaims)) {
    it(`give only known roles, each once: roles ${what}`, async () => {
      const principal = await authenticateToken(
        test.instance,
        await mintIdToken({ roles, rv: 1, jti: what }),
      );
      assert.deepEqual(principal.roles, expected);
      if (expected.length === 0) assert.equal(principal.permissions.length, 0);
    });
  }

  for (const rv of [undefined, null, 0, -1, 1.5, '1', true, [1], 2 ** 53]) {
    it(`give no role without a version of Gatehouse: rv ${JSON.stringify(rv)}`, async () => {
      const token = await mintIdToken({ roles: ['owner'], rv, rx: { owner: now() + 600 } });
      const principal = await authenticateToken(test.instance, token);
      assert.deepEqual([principal.roles, principal.permissions], [[], []]);
    });
  }

  const expiries: Record<string, readonly [rx: () => unknown, expected: readonly string[]]> = {
    'in the future': [() => ({ member: now() + 600, auditor: now() + 600 }), ['member', 'auditor']],
    'with one in the past': [() => ({ auditor: now() - 1 }), ['member']],
    'with one that is now': [() => ({ auditor: now() }), ['member']],
    'all in the past': [() => ({ member: 1, auditor: 1 }), []],
    'of a role that is not in the token': [() => ({ owner: now() + 600 }), ['member', 'auditor']],
    'with a string': [() => ({ auditor: String(now() + 600) }), ['member']],
    'with null': [() => ({ auditor: null }), ['member']],
    'with a fraction': [() => ({ auditor: now() + 0.5 }), ['member']],
    'that are a number': [() => now() + 600, []],
    'that are null': [() => null, []],
    'in a list': [() => [now() + 600], []],
  };
  for (const [what, [rx, expected]] of Object.entries(expiries)) {
    it(`give no role that has expired or has an invalid expiry: expiries ${what}`, async () => {
      const token = await mintIdToken({ roles: ['member', 'auditor'], rv: 1, rx: rx(), jti: what });
      assert.deepEqual((await authenticateToken(test.instance, token)).roles, expected);
    });
  }

  it('prove a second factor by sign_in_second_factor', async () => {
    const firebase = { sign_in_provider: 'google.com', sign_in_second_factor: 'totp' };
    const principal = await authenticateToken(test.instance, await mintIdToken({ firebase }));
    const { level, at, methods } = principal.assurance;
    assert.deepEqual([level, at, methods], ['aal2', principal.authTime, ['google.com', 'totp']]);
    assert.equal(principal.provider, 'google.com');
  });

  it('may lack e-mail and provider', async () => {
    const bare = { email: undefined, email_verified: undefined, firebase: undefined };
    const principal = await authenticateToken(test.instance, await mintIdToken(bare));
    assert.deepEqual(
      [principal.email, principal.emailVerified, principal.provider],
      [undefined, undefined, undefined],
    );
    assert.deepEqual([principal.assurance.level, principal.assurance.methods], ['aal1', []]);
  });

  for (const email_verified of ['true', 1, undefined]) {
    it(`do not verify the e-mail address by email_verified ${JSON.stringify(email_verified)}`, async () => {
      assert.equal(
        (await authenticateToken(test.instance, await mintIdToken({ email_verified }))).emailVerified,
        false,
      );
    });
  }

  it('may be custom claims with names that other JWT profiles define', async () => {
    const custom = { events: { x: 1 }, client_id: 'c', act: { sub: 'eve' }, scope: '', token_use: 'access' };
    const principal = await authenticateToken(
      test.instance,
      await mintIdToken({ ...custom, roles: ['member'], rv: 1 }),
    );
    assert.deepEqual(principal.roles, ['member']);
    assert.deepEqual(
      [principal.client, principal.actor, principal.scopes],
      [undefined, undefined, undefined],
    );
  });

  for (const firebase of ['x', 7, [], { sign_in_provider: 7, sign_in_second_factor: true }]) {
    it(`prove only one factor by firebase ${JSON.stringify(firebase)}`, async () => {
      const { assurance, provider } = await authenticateToken(test.instance, await mintIdToken({ firebase }));
      assert.deepEqual([assurance.level, assurance.methods, provider], ['aal1', [], undefined]);
    });
  }

  it('of a user of a tenant are refused: the project may have a user with the same id', async () => {
    const firebase = { sign_in_provider: 'password', tenant: 'tenant-1' };
    await assertRefused(
      async () => authenticateToken(test.instance, await mintIdToken({ firebase })),
      'invalid_token',
    );
  });
});
