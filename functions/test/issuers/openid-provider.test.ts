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

    it('accepts a user who signed in with an authorization code and PKCE', async () => {
      const { accessToken } = await issuers.oidc.signIn('ada', { scope: 'openid notes:read' });
      const { status, body } = await api.ask('GET /me', accessToken);
      const { kind, identity, roles, permissions } = body;
      assert.equal(status, 200);
      assert.deepEqual([kind, identity], ['user', { issuer: issuers.oidc.url, subject: 'ada@oidc.test' }]);
      // The role comes from the provider; the client requested fewer scopes than the role allows.
      assert.deepEqual([roles, permissions], [['support', 'member'], ['notes:read']]);
    });

    it('limits scopes to the permissions of the user', async () => {
      const { accessToken } = await issuers.oidc.signIn('bo', { scope: 'openid notes:read users:read' });
      assert.deepEqual((await api.ask('GET /me', accessToken)).body.permissions, ['notes:read']);
    });

    it('gives no permissions to a token without a mapped scope', async () => {
      const { accessToken } = await issuers.oidc.signIn('ada', { scope: 'openid' });
      assert.deepEqual((await api.ask('GET /me', accessToken)).body.permissions, []);
    });

    it('treats client credentials as a service, with its scopes as permissions', async () => {
      const { accessToken } = await issuers.oidc.signInMachine({ scope: 'users:read' });
      const { body } = await api.ask('GET /me', accessToken);
      const { kind, identity, roles, permissions } = body;
      assert.deepEqual([kind, identity.subject, roles], ['service', 'gatehouse-machine', []]);
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

    it('refuses an algorithm that is not configured, although the provider has a key for it', async () => {
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
