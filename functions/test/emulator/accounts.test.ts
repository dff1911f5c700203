import assert from 'node:assert/strict';
import {
  api,
  authAdmin,
  localInstance,
  makeSignedIn,
  makeUser,
  outcome,
  signIn,
  until,
  untilRefused,
} from '../helpers/emulator.ts';

describe('disable and delete users, through Hosting', function () {
  this.timeout(30_000);

  it('refuses a disabled user, and accepts them when enabled again', async () => {
    const [admin, ada] = await Promise.all([makeSignedIn(['admin']), makeSignedIn(['member'])]);
    const disabled = await api(`PATCH /users/${ada.uid}`, { token: admin.idToken, body: { disabled: true } });
    assert.deepEqual([disabled.status, disabled.body.disabled], [200, true]);

    assert.equal((await untilRefused('GET /me', ada.idToken)).body.code, 'invalid_token');
    await assert.rejects(signIn(ada.email), { code: 'auth/user-disabled' });
    await assert.rejects(ada.token(true), { code: 'auth/user-disabled' });

    const enabled = await api(`PATCH /users/${ada.uid}`, { token: admin.idToken, body: { disabled: false } });
    assert.deepEqual([enabled.status, enabled.body.disabled], [200, false]);
    // A sign-in in the same second as the disabling counts as an earlier one.
    await until('a sign-in is accepted', async () => {
      const again = await signIn(ada.email);
      return (await api('GET /me', { token: await again.token() })).status === 200 ? true : undefined;
    });
  });

  it('deletes the account and the directory entry', async () => {
    const [admin, ada] = await Promise.all([makeSignedIn(['admin']), makeSignedIn(['member'])]);
    const deleted = await api(`DELETE /users/${ada.uid}`, { token: admin.idToken });
    assert.deepEqual([deleted.status, deleted.body], [204, '']);

    assert.equal(outcome(await api(`GET /users/${ada.uid}`, { token: admin.idToken })), '404 not_found');
    assert.equal((await untilRefused('GET /me', ada.idToken)).body.code, 'invalid_token');
    assert.equal(outcome(await api(`DELETE /users/${ada.uid}`, { token: admin.idToken })), '404 not_found');
    await assert.rejects(authAdmin.getUser(ada.uid), { code: 'auth/user-not-found' });
    assert.equal(await localInstance.directory.find(ada.uid), undefined);
  });

  it('gives a deleted user who signs up again a new uid and none of the old roles', async () => {
    const owner = await makeSignedIn(['owner']);
    const { uid, email } = await makeUser(['admin']);
    assert.equal(outcome(await api(`DELETE /users/${uid}`, { token: owner.idToken })), '204');
    const again = await makeUser([], { email });
    const { body } = await api(`GET /users?email=${email}`, { token: owner.idToken });
    assert.deepEqual([body.users[0].uid, body.users[0].roles], [again.uid, []]);
  });
});
