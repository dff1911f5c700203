import assert from 'node:assert/strict';
import { createUserWithEmailAndPassword, signInAnonymously } from 'firebase/auth';
import {
  api,
  assertRefusedAtOnce,
  authAdmin,
  makeSignedIn,
  openClient,
  outcome,
  signIn,
  uniqueEmail,
  until,
} from '../helpers/emulator.ts';

describe('the main story', function () {
  this.timeout(40_000);

  it('makes who signs up a member, and an owner makes them support within seconds', async () => {
    const owner = await makeSignedIn(['owner']);
    const ada = openClient();
    const email = uniqueEmail();
    const { user } = await createUserWithEmailAndPassword(ada.auth, email, 'ada ada');

    const before = await until('the default role', async () => {
      const { status, body } = await api('GET /me', { token: await ada.token(true) });
      return status === 200 && body.roles.length > 0 ? body : undefined;
    });
    assert.deepEqual(before.roles, ['member']);
    assert.deepEqual(before.permissions, ['notes:read', 'notes:write']);
    assert.equal(before.email, email);

    const old = await ada.token();
    assert.equal(outcome(await api('GET /users', { token: old })), '403 permission_denied');
    const { body: seen } = await api(`GET /users/${user.uid}`, { token: owner.idToken });
    const promotion = { roles: ['support'], rolesVersion: seen.rolesVersion, reason: 'joined the desk' };
    const promoted = await api(`PUT /users/${user.uid}/roles`, { token: owner.idToken, body: promotion });
    assert.equal(promoted.status, 200);
    assert.deepEqual(promoted.body.roles, ['support']);
    assert.equal(promoted.body.rolesVersion, seen.rolesVersion + 1);

    const refusal = await assertRefusedAtOnce('GET /users', old);
    assert.equal(refusal.body.code, 'token_stale');
    assert.match(refusal.headers.get('WWW-Authenticate') ?? '', /error="invalid_token".*refresh/);
    assert.equal(outcome(await api('GET /users?pageSize=1', { token: await ada.token(true) })), '200');
  });

  it('ends the sessions of who is demoted, and lets them sign in again with the lesser rights', async () => {
    const owner = await makeSignedIn(['owner']);
    const admin = await makeSignedIn(['admin']);
    assert.equal(outcome(await api('GET /users?pageSize=1', { token: admin.idToken })), '200');

    const demotion = { roles: ['member'], rolesVersion: 1 };
    const demoted = await api(`PUT /users/${admin.uid}/roles`, { token: owner.idToken, body: demotion });
    assert.equal(outcome(demoted), '200');
    const { tokensValidAfterTime = '' } = await authAdmin.getUser(admin.uid);
    assert.equal(Date.parse(tokensValidAfterTime) / 1000, demoted.body.validAfter);

    await assertRefusedAtOnce('GET /users', admin.idToken);
    // Firebase refuses to refresh a revoked session; the emulator refreshes it, with the sign-in time of old.
    const refreshed = await admin.token(true).catch(() => admin.idToken);
    assert.equal((await api('GET /me', { token: refreshed })).status, 401);

    const again = await signIn(admin.email);
    const me = await api('GET /me', { token: await again.token() });
    assert.deepEqual(me.body.roles, ['member']);
    assert.equal(outcome(await api('GET /users', { token: await again.token() })), '403 permission_denied');
  });

  it('gives an anonymous user an account without rights', async () => {
    const guest = openClient();
    const { user } = await signInAnonymously(guest.auth);
    // Somebody who signs up after them has been served: then so has the guest.
    const { user: later } = await createUserWithEmailAndPassword(
      openClient().auth,
      uniqueEmail(),
      'later later',
    );
    await until(
      'the default role of who came later',
      async () => (await authAdmin.getUser(later.uid)).customClaims,
    );

    const me = await api('GET /me', { token: await guest.token(true) });
    assert.deepEqual([me.body.uid, me.body.roles, me.body.provider], [user.uid, [], 'anonymous']);
    assert.equal(outcome(await api('GET /users', { token: await guest.token() })), '403 permission_denied');
  });
});
