import assert from 'node:assert/strict';
import type { LocalIssuers } from '../../../tools/issuers/start-issuers.ts';
import { type LocalApi, openLocalApi, outcome, replaced, startLocalIssuers } from './local-api.ts';

for (const algorithm of ['PS256', 'ES256', 'EdDSA'] as const) {
  describe(`an OpenID provider that signs with ${algorithm}`, () => {
    let issuers: LocalIssuers;
    let api: LocalApi;
    before(async () => {
      issuers = await startLocalIssuers({ algorithm });
      api = await openLocalApi(issuers.trustedIssuers);
    });
    after(async () => {
      await api?.close();
      await issuers?.stop();
    });

    it('lets a user in who signed in with a code and PKCE', async () => {
      const { accessToken } = await issuers.oidc.signIn('ada', { scope: 'openid notes:read' });
      const { status, body } = await api.ask('GET /me', accessToken);
      const { kind, issuer, subject, roles, permissions } = body;
      assert.equal(status, 200);
      assert.deepEqual([kind, issuer, subject], ['user', issuers.oidc.url, 'ada@oidc.test']);
      // Her role comes from the provider; the app asked for less than it allows.
      assert.deepEqual([roles, permissions], [['support', 'member'], ['notes:read']]);
    });

    it('gives no scope more than the user has', async () => {
      const { accessToken } = await issuers.oidc.signIn('bo', { scope: 'openid notes:read users:read' });
      assert.deepEqual((await api.ask('GET /me', accessToken)).body.permissions, ['notes:read']);
    });

    it('gives a user nothing by a token without a scope that is known here', async () => {
      const { accessToken } = await issuers.oidc.signIn('ada', { scope: 'openid' });
      assert.deepEqual((await api.ask('GET /me', accessToken)).body.permissions, []);
    });

    it('takes client credentials for a service, whose scopes are what it may', async () => {
      const { accessToken } = await issuers.oidc.signInMachine({ scope: 'users:read' });
      const { body } = await api.ask('GET /me', accessToken);
      const { kind, subject, roles, permissions } = body;
      assert.deepEqual([kind, subject, roles], ['service', 'gatehouse-machine', []]);
      assert.deepEqual(permissions, ['users:read']);
      assert.equal(outcome(await api.ask('GET /users', accessToken)), '200');
    });

    it('refuses a token for another resource, and an ID token', async () => {
      const { idToken } = await issuers.oidc.signIn('ada');
      const other = await issuers.oidc.signIn('ada', { resource: 'https://other.gatehouse.test' });
      const machine = await issuers.oidc.signInMachine({ resource: 'https://other.gatehouse.test' });
      for (const token of [idToken, other.accessToken, machine.accessToken]) {
        assert.equal(outcome(await api.ask('GET /me', token)), '401 invalid_token');
      }
    });

    it('refuses another algorithm than the setting lists, although the provider has a key for it', async () => {
      const { accessToken } = await issuers.oidc.signIn('ada');
      const strict = await openLocalApi(replaced(issuers.trustedIssuers, algorithm, 'RS256'));
      try {
        assert.equal(outcome(await strict.ask('GET /me', accessToken)), '401 invalid_token');
      } finally {
        await strict.close();
      }
    });
  });
}
