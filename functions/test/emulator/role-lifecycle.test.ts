import assert from 'node:assert/strict';
import { createUserWithEmailAndPassword, signInAnonymously } from 'firebase/auth';
import { permissionsOf } from '../../src/authz/roles.ts';
import {
  api,
  authAdmin,
  localInstance,
  makeSignedIn,
  openClient,
  outcome,
  setRoles,
  uniqueEmail,
  until,
  untilRefused,
} from '../helpers/emulator.ts';

describe('roles from sign-up to promotion, through Hosting', function () {
  this.timeout(40_000);

  it('grants the default role at sign-up, and applies a promotion within seconds', async () => {
    const owner = await makeSignedIn(['owner']);
    const ada = openClient();
    const email = uniqueEmail();
    const { user } = await createUserWithEmailAndPassword(ada.auth, email, 'ada ada');

    const before = await until('the default role', async () => {
      const { status, body } = await api('GET /me', { token: await ada.token(true) });
      return status === 200 && body.roles.length > 0 ? body : undefined;
    });
    assert.deepEqual(before.roles, ['member']);
    assert.deepEqual(before.permissions, permissionsOf(['member']));
    assert.equal(before.email, email);

    const old = await ada.token();
    assert.equal(outcome(await api('GET /users', { token: old })), '403 permission_denied');
    const { body: seen } = await api(`GET /users/${user.uid}`, { token: owner.idToken });
    const grants = [{ role: 'support', reason: 'joined the desk' }];
    const promotion = { grants, version: seen.version, auditReason: 'as agreed' };
    const promoted = await api(`PUT /users/${user.uid}/roles`, { token: owner.idToken, body: promotion });
    assert.equal(promoted.status, 200);
    const { roles, version, synced } = promoted.body;
    assert.deepEqual([roles, version, synced], [['support'], seen.version + 1, true]);
    const { grantedBy, reason } = promoted.body.grants[0];
    assert.deepEqual([grantedBy, reason], [owner.uid, 'joined the desk']);

    const refusal = await untilRefused('GET /users', old);
    assert.equal(refusal.body.code, 'token_stale');
    assert.match(refusal.headers.get('WWW-Authenticate') ?? '', /error="invalid_token".*refresh/);
    assert.equal(outcome(await api('GET /users?pageSize=1', { token: await ada.token(true) })), '200');
  });

  it('keeps a demoted user signed in, with fewer permissions in the next token', async () => {
    const [owner, admin] = await Promise.all([makeSignedIn(['owner']), makeSignedIn(['admin'])]);
    assert.equal(outcome(await api('GET /users?pageSize=1', { token: admin.idToken })), '200');
    assert.equal(outcome(await setRoles(owner.idToken, admin.uid, ['member'])), '200');

    assert.equal((await untilRefused('GET /users', admin.idToken)).body.code, 'token_stale');
    const token = await admin.token(true);
    assert.deepEqual((await api('GET /me', { token })).body.roles, ['member']);
    assert.equal(outcome(await api('GET /users', { token })), '403 permission_denied');
  });

  it('gives an anonymous user no roles', async () => {
    const anonymous = openClient();
    const { user } = await signInAnonymously(anonymous.auth);
    await until('the directory entry of the anonymous user', () => localInstance.directory.find(user.uid));
    const me = await api('GET /me', { token: await anonymous.token(true) });
    assert.deepEqual([me.body.uid, me.body.roles, me.body.provider], [user.uid, [], 'anonymous']);
    assert.equal(
      outcome(await api('GET /users', { token: await anonymous.token() })),
      '403 permission_denied',
    );
    assert.equal((await authAdmin.getUser(user.uid)).customClaims, undefined);
  });
});
