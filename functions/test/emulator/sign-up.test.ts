import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import {
  createUserWithEmailAndPassword,
  EmailAuthProvider,
  linkWithCredential,
  signInAnonymously,
} from 'firebase/auth';
import {
  api,
  authAdmin,
  localInstance,
  makeSignedIn,
  makeUser,
  openClient,
  outcome,
  signIn,
  uniqueEmail,
  until,
} from '../helpers/emulator.ts';
import { itWithNotes } from '../helpers/notes.ts';

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

  itWithNotes('may write a note with their first request, at once after sign-up', async () => {
    for (let n = 0; n < 5; n++) {
      const opened = openClient();
      const { user } = await createUserWithEmailAndPassword(opened.auth, uniqueEmail(), 'correct horse');
      const token = await opened.token();
      const created = await api('POST /notes', { token, body: { title: 'Milk', body: '' } });
      assert.equal(outcome(created), '201');
      const { grants } = (await localInstance.directory.find(user.uid)) ?? assert.fail('no entry');
      assert.deepEqual(
        grants.map(({ role }) => role),
        ['member'],
      );
    }
  });

  itWithNotes(
    'get the default role when a guest links a password, and are found by the address',
    async () => {
      const [opened, email] = [openClient(), uniqueEmail()];
      const { user } = await signInAnonymously(opened.auth);
      const body = { title: 'Milk', body: '' };
      assert.equal(
        outcome(await api('POST /notes', { token: await opened.token(), body })),
        '403 permission_denied',
      );
      await linkWithCredential(user, EmailAuthProvider.credential(email, 'correct horse'));
      const { auth, token } = await signIn(email);
      assert.equal(outcome(await api('POST /notes', { token: await token(), body })), '201');
      assert.equal((await localInstance.directory.find(auth.currentUser?.uid ?? ''))?.email, email);
    },
  );

  itWithNotes(
    'get the default role when an account that an administrator created gets a password',
    async () => {
      const email = uniqueEmail();
      const { uid } = await authAdmin.createUser({ email });
      await until('the entry', () => localInstance.directory.find(uid));
      assert.deepEqual((await localInstance.users.get(uid)).roles, []);
      await authAdmin.updateUser(uid, { password: 'correct horse' });
      const { token } = await signIn(email);
      const body = { title: 'Milk', body: '' };
      assert.equal(outcome(await api('POST /notes', { token: await token(), body })), '201');
      assert.deepEqual((await authAdmin.getUser(uid)).customClaims, { roles: ['member'], rv: 1 });
    },
  );

  it('have their new profile in the directory with the next token, without a look-up', async () => {
    const { uid, email } = await makeUser(['member']);
    const moved = uniqueEmail();
    await authAdmin.updateUser(uid, { email: moved, displayName: 'Moved' });
    const { token } = await signIn(moved);
    assert.equal((await api('GET /me', { token: await token() })).body.email, moved);
    const entry = await localInstance.directory.find(uid);
    assert.deepEqual(
      [entry?.email, entry?.displayName, entry?.emails.includes(email)],
      [moved, 'Moved', false],
    );
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
