import assert from 'node:assert/strict';
import { api, authAdmin, makeSignedIn, makeUser, outcome } from '../helpers/emulator.ts';

/** The answer to the very next request: nothing here waits for ACCESS_CHANGE_MAX_AGE. */
describe('privileged routes decide on the record, through Hosting', function () {
  this.timeout(20_000);

  const attempts = {
    'PUT roles': (token: string, uid: string) =>
      api(`PUT /users/${uid}/roles`, { token, body: { roles: ['admin'], rolesVersion: 1 } }),
    'PATCH disabled': (token: string, uid: string) =>
      api(`PATCH /users/${uid}`, { token, body: { disabled: true } }),
    'DELETE user': (token: string, uid: string) => api(`DELETE /users/${uid}`, { token }),
  };

  for (const [name, attempt] of Object.entries(attempts)) {
    it(`${name} refuses the token of an owner who was demoted a moment ago`, async () => {
      const [boss, old] = [await makeSignedIn(['owner']), await makeSignedIn(['owner'])];
      const { uid } = await makeUser(['member']);
      assert.equal(outcome(await api('GET /me', { token: old.idToken })), '200');
      const demotion = { roles: ['member'], rolesVersion: 1 };
      const demoted = await api(`PUT /users/${old.uid}/roles`, { token: boss.idToken, body: demotion });
      assert.equal(outcome(demoted), '200');

      assert.equal((await attempt(old.idToken, uid)).status, 401);
      const { disabled, customClaims } = await authAdmin.getUser(uid);
      assert.deepEqual([disabled, customClaims?.roles], [false, ['member']]);
    });

    it(`${name} refuses the token of an owner who was disabled a moment ago, whoever did it`, async () => {
      const old = await makeSignedIn(['owner']);
      const { uid } = await makeUser(['member']);
      assert.equal(outcome(await api('GET /me', { token: old.idToken })), '200');
      await authAdmin.updateUser(old.uid, { disabled: true });
      assert.equal(outcome(await attempt(old.idToken, uid)), '401 invalid_token');
    });

    it(`${name} refuses an owner whose roles somebody took away past Gatehouse`, async () => {
      const old = await makeSignedIn(['owner']);
      const { uid } = await makeUser(['member']);
      assert.equal(outcome(await api('GET /me', { token: old.idToken })), '200');
      await authAdmin.setCustomUserClaims(old.uid, null);
      const { status } = await attempt(old.idToken, uid);
      assert.ok(status === 401 || status === 403, String(status));
      assert.equal((await authAdmin.getUser(uid)).disabled, false);
    });
  }
});
