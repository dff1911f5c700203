import assert from 'node:assert/strict';
import { signInWithCustomToken } from 'firebase/auth';
import { openAuthenticator } from '../helpers/authenticator.ts';
import { api, HOSTING_URL, makeSignedIn, openClient } from '../helpers/emulator.ts';

describe('a passkey, through Hosting and with the Auth emulator', function () {
  this.timeout(30_000);
  const origin = HOSTING_URL.replace('127.0.0.1', 'localhost');
  const headers = { Origin: origin };

  it('is added after a sign-in with a password, and signs in alone', async () => {
    const { uid, idToken: token } = await makeSignedIn(['member']);
    const authenticator = openAuthenticator({ origin, backup: true });
    const options = await api('POST /me/factors/passkeys/options', { token, headers, body: {} });
    assert.equal(options.body.rp.id, 'localhost', JSON.stringify(options.body));
    const response = authenticator.create(options.body);
    const added = await api('POST /me/factors/passkeys', {
      ...{ token, headers, body: { response, name: 'Laptop' } },
    });
    assert.deepEqual([added.status, added.body.name], [201, 'Laptop'], JSON.stringify(added.body));

    const request = await api('POST /passkeys/sign-in/options', { headers, body: {} });
    const { status, body } = await api('POST /passkeys/sign-in/verify', {
      ...{ headers, body: { response: authenticator.get(request.body) } },
    });
    assert.equal(status, 200, JSON.stringify(body));
    const client = openClient();
    const { user } = await signInWithCustomToken(client.auth, body.customToken);
    assert.equal(user.uid, uid);
    const me = await api('GET /me', { token: await client.token() });
    assert.equal(me.status, 200, JSON.stringify(me.body));
    const { level, methods } = me.body.assurance;
    assert.deepEqual([level, methods, me.body.roles], ['aal2', ['passkey'], ['member']]);
  });

  it('begins a session at once', async () => {
    const { idToken: token } = await makeSignedIn(['member']);
    const authenticator = openAuthenticator({ origin });
    const options = await api('POST /me/factors/passkeys/options', { token, headers, body: {} });
    await api('POST /me/factors/passkeys', {
      ...{ token, headers, body: { response: authenticator.create(options.body) } },
    });
    const request = await api('POST /passkeys/sign-in/options', { headers, body: {} });
    const answer = await api('POST /passkeys/sign-in/verify', {
      ...{ headers, body: { response: authenticator.get(request.body), session: true } },
    });
    assert.equal(answer.body.session?.assurance.level, 'aal2', JSON.stringify(answer.body));
    assert.match(answer.headers.get('set-cookie') ?? '', /^__session=gs1_/);
  });

  it('has its related origins at /.well-known/webauthn of the site', async () => {
    const response = await fetch(`${HOSTING_URL}/.well-known/webauthn`);
    assert.equal(response.status, 200);
    assert.match(response.headers.get('content-type') ?? '', /^application\/json/);
    assert.deepEqual(await response.json(), { origins: [] });
  });
});
