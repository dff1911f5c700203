import assert from 'node:assert/strict';
import type { LocalIssuers } from '../../../tools/issuers/start-issuers.ts';
import { itWithNotes } from '../helpers/notes.ts';
import { type LocalApi, openLocalApi, outcome, replaced, startLocalIssuers } from './local-api.ts';

describe('an Auth0 tenant', () => {
  let issuers: LocalIssuers;
  let api: LocalApi;
  before(async () => {
    issuers = await startLocalIssuers();
    api = await openLocalApi(issuers.trustedIssuers);
  });
  after(async () => {
    await api?.close();
    await issuers?.stop();
  });

  const shapes = [
    { name: 'for this API only', scope: '', audience: 'string' },
    { name: 'also for the tenant’s /userinfo', scope: 'openid email', audience: 'object' },
  ];
  for (const dialect of ['access_token_authz', 'rfc9068_profile_authz'] as const) {
    for (const { name, scope, audience } of shapes) {
      it(`accepts a token of the profile ${dialect} ${name}`, async () => {
        const { accessToken } = await issuers.auth0.signIn('ada', { dialect, scope });
        const [header, payload] = decode(accessToken);
        assert.equal(header?.typ, dialect === 'access_token_authz' ? 'JWT' : 'at+jwt');
        assert.equal(typeof payload?.aud, audience);
        const answer = await api.ask('GET /me', accessToken);
        assert.equal(outcome(answer), '200');
        const { kind, identity, roles, permissions } = answer.body;
        assert.deepEqual(
          [kind, identity],
          ['user', { issuer: `${issuers.auth0.url}/`, subject: 'auth0|ada' }],
        );
        assert.deepEqual([roles, permissions], [[], ['notes:read', 'notes:write', 'users:read']]);
      });
    }

    itWithNotes(`treats a client-credentials token of the profile ${dialect} as a service`, async () => {
      const { accessToken } = await issuers.auth0.signInMachine({ dialect });
      const { body } = await api.ask('GET /me', accessToken);
      assert.deepEqual([body.kind, body.identity.subject], ['service', 'gatehouse-machine@clients']);
      assert.deepEqual(body.permissions, ['users:read']);
      assert.equal(outcome(await api.ask('GET /users', accessToken)), '200');
      assert.equal(outcome(await api.ask('GET /notes', accessToken)), '403 permission_denied');
    });
  }

  it('gives each user only their own permissions', async () => {
    const { accessToken } = await issuers.auth0.signIn('bo');
    assert.deepEqual((await api.ask('GET /me', accessToken)).body.permissions, ['notes:read']);
    assert.equal(outcome(await api.ask('GET /users', accessToken)), '403 permission_denied');
  });

  it('refuses an ID token in place of an access token', async () => {
    const { idToken } = await issuers.auth0.signIn('ada');
    assert.equal(outcome(await api.ask('GET /me', idToken)), '401 invalid_token');
  });

  it('refuses an ID token even if the API’s audience is the client id', async () => {
    const { idToken, accessToken } = await issuers.auth0.signIn('ada', {
      audience: 'gatehouse-web',
      scope: '',
    });
    const misconfigured = await openLocalApi(
      replaced(issuers.trustedIssuers, 'https://api.gatehouse.test', 'gatehouse-web'),
    );
    try {
      assert.equal(outcome(await misconfigured.ask('GET /me', idToken)), '401 invalid_token');
      // With this audience it cannot be distinguished from an ID token.
      assert.equal(outcome(await misconfigured.ask('GET /me', accessToken)), '401 invalid_token');
    } finally {
      await misconfigured.close();
    }
  });

  for (const audience of [
    'https://other.gatehouse.test',
    'https://api.gatehouse.test/',
    'https://api.gatehouse.tes',
  ]) {
    it(`refuses a token for ${audience}`, async () => {
      for (const scope of ['', 'openid']) {
        const { accessToken } = await issuers.auth0.signIn('ada', { audience, scope });
        const answer = await api.ask('GET /me', accessToken);
        assert.equal(outcome(answer), '401 invalid_token');
        assert.match(answer.challenge ?? '', /^Bearer realm="gatehouse", error="invalid_token"/);
      }
    });
  }
});

function decode(token: string): Record<string, unknown>[] {
  return token
    .split('.')
    .slice(0, 2)
    .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()));
}
