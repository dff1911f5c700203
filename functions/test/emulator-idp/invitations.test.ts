import assert from 'node:assert/strict';
import { api, makeSignedIn, signIn, uniqueEmail } from '../helpers/emulator.ts';

describe('an invited user, with blocking functions', function () {
  this.timeout(20_000);

  it('signs in with the roles of the invitation, whatever the sign-up policy says', async () => {
    const { idToken: token } = await makeSignedIn(['admin'], { email: uniqueEmail('acme.com') });
    const email = uniqueEmail('elsewhere.org');
    const grants = [{ role: 'support' }];
    const invited = await api('POST /users', { token, body: { email, grants, invite: true } });
    assert.equal(invited.status, 201, JSON.stringify(invited.body));
    const { uid, invitationLink } = invited.body;
    assert.equal((await fetch(`${invitationLink}&newPassword=correct%20horse`)).status, 200);
    const client = await signIn(email);
    const me = await api('GET /me', { token: await client.token() });
    assert.deepEqual([me.body.uid, me.body.roles, me.body.emailVerified], [uid, ['support'], true]);
    const { body } = await api(`GET /users/${uid}`, { token });
    assert.deepEqual([body.disabled, body.version, body.emailVerified], [false, 1, true]);
  });
});
