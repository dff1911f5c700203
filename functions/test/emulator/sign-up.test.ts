import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import {
  api,
  authAdmin,
  localInstance,
  makeSignedIn,
  makeUser,
  uniqueEmail,
  until,
} from '../helpers/emulator.ts';

const randomPhone = () => `+49${String(randomInt(1e9, 1e10))}`;

/** Without Identity Platform, Auth events update the directory. The unit tests cover the single cases. */
describe('users created, changed and deleted in Firebase Auth', function () {
  this.timeout(20_000);

  it('get a directory entry with the default role, and an audit event, when created', async () => {
    const email = uniqueEmail();
    const { uid } = await authAdmin.createUser({ email, password: 'correct horse' });
    const claims = await until('the default role', async () => (await authAdmin.getUser(uid)).customClaims);
    assert.deepEqual(claims, { roles: ['member'], rv: 1 });
    const { grants, version, ...entry } = await localInstance.users.get(uid);
    assert.deepEqual([entry.email, version, entry.disabled], [email, 1, false]);
    assert.deepEqual(
      grants.map(({ role, grantedBy }) => [role, grantedBy]),
      [['member', 'system']],
    );
    const auditor = await makeSignedIn(['auditor']);
    const { body } = await api(`GET /audit?target=${uid}`, { token: auditor.idToken });
    const [{ actor, action, outcome }] = body.events;
    assert.deepEqual([actor, action, outcome], ['system', 'roles.default', 'done']);
    const listed = await api(`GET /users?email=${email}`, { token: auditor.idToken });
    assert.equal(listed.body.users[0].uid, uid);
  });

  it('lose their directory entry, with an audit event, when deleted', async () => {
    const { uid } = await makeUser(['owner']);
    await authAdmin.deleteUser(uid);
    await until('the entry is deleted', async () =>
      (await localInstance.directory.find(uid)) ? undefined : true,
    );
    const { idToken: token } = await makeSignedIn(['auditor']);
    const { body } = await api(`GET /audit?target=${uid}`, { token });
    assert.deepEqual([body.events[0].actor, body.events[0].action], ['system', 'user.account-deleted']);
  });

  it('are found by the address that they have now, and not by a former one', async () => {
    const { idToken: token } = await makeSignedIn(['support']);
    const { uid, email } = await makeUser(['member']);
    const moved = uniqueEmail();
    await authAdmin.updateUser(uid, { email: moved, displayName: 'Moved', phoneNumber: randomPhone() });
    const other = await makeUser(['member'], { email });
    const uidsOf = async (query: string) =>
      (await api(`GET /users?${query}`, { token })).body.users.map((user: { uid: string }) => user.uid);
    assert.deepEqual(await uidsOf(`email=${email}`), [other.uid]);
    assert.deepEqual(await uidsOf(`emailPrefix=${email}`), [other.uid]);
    assert.deepEqual(await uidsOf(`email=${moved.toUpperCase()}`), [uid]);
    const { body } = await api(`GET /users/${uid}`, { token });
    assert.deepEqual([body.email, body.displayName], [moved, 'Moved']);
    assert.deepEqual(await uidsOf(`phone=${encodeURIComponent(body.phoneNumber)}`), [uid]);
  });

  it('are found by their current e-mail address', async () => {
    const { idToken: token } = await makeSignedIn(['owner']);
    const { uid } = await makeUser(['member']);
    const email = uniqueEmail();
    await authAdmin.updateUser(uid, { email });
    const body = { grants: [{ role: 'support' }], version: 1 };
    assert.equal((await api(`PUT /users/${uid}/roles`, { token, body })).body.email, email);
    assert.equal((await api(`GET /users?email=${email}`, { token })).body.users[0].uid, uid);
  });
});
