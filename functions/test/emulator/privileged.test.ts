import assert from 'node:assert/strict';
import {
  api,
  authAdmin,
  localInstance,
  makeSignedIn,
  makeUser,
  outcome,
  setRoles,
} from '../helpers/emulator.ts';

/** These tests check the next request: none waits for ACCESS_CHANGE_MAX_AGE. */
describe('privileged routes decide on the directory record, through Hosting', function () {
  this.timeout(20_000);

  const attempts = {
    'PUT roles': (token: string, uid: string) => setRoles(token, uid, ['admin']),
    'PATCH disabled': (token: string, uid: string) =>
      api(`PATCH /users/${uid}`, { token, body: { disabled: true } }),
    'DELETE user': (token: string, uid: string) => api(`DELETE /users/${uid}`, { token }),
    'POST reconcile': (token: string) => api('POST /directory/reconcile', { token }),
  };

  async function assertAllRefused(token: string, expected: string): Promise<void> {
    const { uid } = await makeUser(['member']);
    for (const [name, attempt] of Object.entries(attempts)) {
      assert.equal(outcome(await attempt(token, uid)), expected, name);
    }
    const { disabled, grants } = await localInstance.users.get(uid);
    assert.deepEqual([disabled, grants.map(({ role }) => role)], [false, ['member']]);
  }

  it('refuse the token of an owner who has just been demoted', async () => {
    const [boss, old] = await Promise.all([makeSignedIn(['owner']), makeSignedIn(['owner'])]);
    assert.equal(outcome(await api('GET /me', { token: old.idToken })), '200');
    assert.equal(outcome(await setRoles(boss.idToken, old.uid, ['member'])), '200');
    await assertAllRefused(old.idToken, '401 token_stale');
    await assertAllRefused(await old.token(true), '403 permission_denied');
  });

  it('refuse the token of an owner who has just been disabled in the Firebase console', async () => {
    const old = await makeSignedIn(['owner']);
    assert.equal(outcome(await api('GET /me', { token: old.idToken })), '200');
    await authAdmin.updateUser(old.uid, { disabled: true });
    await assertAllRefused(old.idToken, '401 invalid_token');
  });

  it('use the roles of the directory, even if the custom claims say otherwise', async () => {
    const ada = await makeSignedIn(['member']);
    await authAdmin.setCustomUserClaims(ada.uid, { roles: ['owner'], rv: 1 });
    await assertAllRefused(await ada.token(true), '403 permission_denied');
    await authAdmin.setCustomUserClaims(ada.uid, { roles: ['owner'], rv: 99 });
    await assertAllRefused(await ada.token(true), '401 token_stale');
  });
});
