import assert from 'node:assert/strict';
import { authenticate } from '../../../src/authn/authenticate.ts';
import { ANONYMOUS } from '../../../src/authn/principal.ts';
import { ACCOUNTS_LOOKUP, CERTIFICATES, type Google, mintIdToken, openGoogle } from '../../helpers/google.ts';
import { createInstance, type Instance, present } from '../../helpers/instance.ts';
import { assertRefused } from '../../helpers/refusal.ts';

const now = () => Math.floor(Date.now() / 1000);
const access = (roles: string[], rv: number) => ({ customAttributes: JSON.stringify({ roles, rv }) });

describe('authenticate', () => {
  let google: Google;
  let instance: Instance;
  /** Milliseconds that the instance's clock is ahead. */
  let ahead = 0;
  beforeEach(async () => {
    ahead = 0;
    google = await openGoogle();
    google.users.set('ada', { localId: 'ada' });
    instance = createInstance(google, { clock: () => Date.now() + ahead });
  });
  afterEach(() => google.close());

  it('takes no credential for anonymous, and asks nobody', async () => {
    assert.equal(await authenticate(instance, undefined, { fresh: true }), ANONYMOUS);
    assert.deepEqual(google.requests, []);
  });

  it('takes a bad credential for an error, never for anonymous', async () => {
    for (const token of ['', 'null', 'undefined', 'a.b.c']) {
      await assertRefused(() => present(instance, token), 'invalid_token');
    }
  });

  it('verifies a token once, and looks its account up once per max age', async () => {
    const token = await mintIdToken();
    const first = await present(instance, token);
    assert.equal(await present(instance, token), first);
    assert.equal(google.count(CERTIFICATES), 1);
    assert.equal(google.count('accounts:lookup'), 1);
    ahead = 10_000;
    assert.equal(await present(instance, token), first);
    assert.equal(google.count('accounts:lookup'), 2);
  });

  it('refuses a token that has expired since it was first seen', async () => {
    const token = await mintIdToken({ iat: now() - 10, exp: now() + 600 });
    await present(instance, token);
    ahead = 601_000;
    await assertRefused(() => present(instance, token), 'invalid_token', 'expired');
  });

  it('does not keep a refused token, so that it is refused again', async () => {
    const forged = await mintIdToken({ aud: 'other' });
    await assertRefused(() => present(instance, forged), 'invalid_token');
    await assertRefused(() => present(instance, forged), 'invalid_token');
  });

  it('notices within the max age that an account was disabled, deleted or revoked', async () => {
    const token = await mintIdToken({ auth_time: now() - 60 });
    await present(instance, token);
    google.users.set('ada', { localId: 'ada', disabled: true });
    ahead += 10_000;
    await assertRefused(() => present(instance, token), 'invalid_token', 'account disabled');
    google.users.set('ada', { localId: 'ada', validSince: String(now() - 30) });
    ahead += 10_000;
    await assertRefused(() => present(instance, token), 'token_stale', 'revoked');
    google.users.delete('ada');
    ahead += 10_000;
    await assertRefused(() => present(instance, token), 'invalid_token', 'account deleted');
  });

  it('calls a sign-in before validAfter revoked, to the second', async () => {
    const signedIn = now() - 100;
    const token = await mintIdToken({ auth_time: signedIn });
    google.users.set('ada', { localId: 'ada', validSince: String(signedIn) });
    assert.equal((await present(instance, token)).authTime, signedIn);
    google.users.set('ada', { localId: 'ada', validSince: String(signedIn + 1) });
    await assertRefused(() => present(instance, token, { fresh: true }), 'token_stale', 'revoked');
  });

  const differing: Record<string, Record<string, unknown>> = {
    'an older version': { roles: ['member'], rv: 2 },
    'a newer version than the record': { roles: ['member'], rv: 4 },
    'no version': { roles: ['member'], rv: undefined },
    'a version that is no number': { roles: ['member'], rv: '3' },
    'more roles of the same version': { roles: ['member', 'owner'], rv: 3 },
    'other roles of the same version': { roles: ['owner'], rv: 3 },
    'no roles': { roles: undefined, rv: 3 },
  };
  for (const [what, claims] of Object.entries(differing)) {
    for (const fresh of [false, true]) {
      it(`calls a token stale that has ${what}${fresh ? ', for privileged access, too' : ''}`, async () => {
        google.users.set('ada', { localId: 'ada', ...access(['member'], 3) });
        const token = await mintIdToken(claims);
        await assertRefused(() => present(instance, token, { fresh }), 'token_stale', 'roles changed');
      });
    }
  }

  it('accepts a token that is newer than what it remembers of the account', async () => {
    google.users.set('ada', { localId: 'ada', ...access(['member'], 3) });
    await present(instance, await mintIdToken({ roles: ['member'], rv: 3 }));
    google.users.set('ada', { localId: 'ada', ...access(['admin'], 4) });
    const principal = await present(instance, await mintIdToken({ roles: ['admin'], rv: 4 }));
    assert.deepEqual(principal.roles, ['admin']);
  });

  it('asks Firebase Auth each time for privileged access', async () => {
    const token = await mintIdToken();
    await present(instance, token);
    await present(instance, token, { fresh: true });
    google.users.set('ada', { localId: 'ada', disabled: true });
    await assertRefused(() => present(instance, token, { fresh: true }), 'invalid_token', 'account disabled');
    assert.equal(google.count('accounts:lookup'), 3);
  });

  it('shows what it learned from a privileged request to all others at once', async () => {
    const token = await mintIdToken();
    await present(instance, token);
    google.users.set('ada', { localId: 'ada', disabled: true });
    await assertRefused(() => present(instance, token, { fresh: true }), 'invalid_token');
    await assertRefused(() => present(instance, token), 'invalid_token', 'account disabled');
  });

  it('shares one look-up among requests that come together', async () => {
    const token = await mintIdToken();
    await Promise.all(Array.from({ length: 50 }, () => present(instance, token)));
    assert.equal(google.count('accounts:lookup'), 1);
  });

  const failures: Record<string, Parameters<Google['answer']>[1]> = {
    '500': () => (res) => void res.writeHead(500).end('{}'),
    '429': () => (res) => void res.writeHead(429, { 'Content-Type': 'application/json' }).end('{"error":{}}'),
    'HTML with 200': () => (res) => void res.writeHead(200, { 'Content-Type': 'text/html' }).end('<h1>'),
    'access denied': () => (res) =>
      void res
        .writeHead(403, { 'Content-Type': 'application/json' })
        .end('{"error":{"message":"PERMISSION_DENIED"}}'),
    'no answer': () => () => undefined,
    'a broken connection': () => (res) => void res.socket?.destroy(),
  };
  for (const [what, answer] of Object.entries(failures)) {
    it(`answers "unavailable" while accounts cannot be looked up, and goes on afterwards: ${what}`, async () => {
      const token = await mintIdToken();
      google.answer(ACCOUNTS_LOOKUP, answer);
      const [one, two] = await Promise.all([
        assertRefused(() => present(instance, token), 'unavailable', /^getUser/),
        assertRefused(() => present(instance, token, { fresh: true }), 'unavailable', /^getUser/),
      ]);
      assert.deepEqual([one.retryAfter, two.retryAfter], [5, 5]);
      google.answer(ACCOUNTS_LOOKUP, () => ({
        users: [{ localId: 'ada', createdAt: '0', lastLoginAt: '0' }],
      }));
      assert.equal((await present(instance, token)).subject, 'ada');
    }).timeout(10_000);
  }
});
