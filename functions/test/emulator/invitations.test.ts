import assert from 'node:assert/strict';
import {
  api,
  authAdmin,
  localInstance,
  makeSignedIn,
  signIn,
  uniqueEmail,
  until,
} from '../helpers/emulator.ts';

describe('an invited user', function () {
  this.timeout(20_000);

  const invite = async (email: string, grants?: object[]) => {
    const { idToken: token } = await makeSignedIn(['admin']);
    const answer = await api('POST /users', { token, body: { email, grants, invite: true } });
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
    return { token, user: answer.body, answer };
  };
  const open = (link: string, more = '') => fetch(`${link}${more}`, { redirect: 'manual' });

  it('opens the link, sets a password, signs in, and has the granted role', async () => {
    const email = uniqueEmail();
    const { user, token, answer } = await invite(email, [{ role: 'support' }]);
    assert.deepEqual([user.emailVerified, user.roles, user.providers], [false, ['support'], []]);
    assert.equal(answer.headers.get('Location'), `users/${user.uid}`);
    await assert.rejects(signIn(email), /auth\/(wrong-password|invalid-credential|invalid-login)/);

    const link = new URL(user.invitationLink);
    assert.equal(link.searchParams.get('mode'), 'resetPassword');
    const opened = await open(user.invitationLink, '&newPassword=correct%20horse');
    assert.equal(opened.status, 200, await opened.text());
    const second = await open(user.invitationLink, '&newPassword=another%20horse');
    assert.equal(second.status, 400, 'the link works once');

    const client = await signIn(email);
    const me = await api('GET /me', { token: await client.token() });
    assert.deepEqual([me.body.uid, me.body.roles, me.body.emailVerified], [user.uid, ['support'], true]);
    assert.equal((await api('GET /users', { token: await client.token() })).status, 200);
    const { body } = await api(`GET /users/${user.uid}`, { token });
    assert.deepEqual([body.disabled, body.version], [false, 1]);
  });

  it('has the default role once, and not again after it was removed', async () => {
    const email = uniqueEmail();
    const { user, token } = await invite(email);
    assert.deepEqual(user.roles, ['member']);
    assert.deepEqual((await authAdmin.getUser(user.uid)).customClaims, { roles: ['member'], rv: 1 });
    assert.equal((await api(`DELETE /users/${user.uid}/grants/member`, { token })).status, 204);
    await open(user.invitationLink, '&newPassword=correct%20horse');
    const client = await signIn(email);
    assert.deepEqual((await api('GET /me', { token: await client.token() })).body.roles, []);
  });

  it('gets both roles of two administrators who grant them at once', async () => {
    const { user, token } = await invite(uniqueEmail(), []);
    const path = `POST /users/${user.uid}/grants`;
    const other = await makeSignedIn(['owner']);
    const answers = await Promise.all([
      api(path, { token, body: { role: 'auditor' } }),
      api(path, { token: other.idToken, body: { role: 'support' } }),
    ]);
    assert.deepEqual(
      answers.map(({ status }) => status),
      [201, 201],
    );
    const { roles } = await localInstance.users.get(user.uid);
    assert.deepEqual(roles.toSorted(), ['auditor', 'support']);
    await until('the claims', async () => {
      const { customClaims } = await authAdmin.getUser(user.uid);
      return customClaims?.rv === 3 ? true : undefined;
    });
  });
});
