import assert from 'node:assert/strict';
import { type Api, ORIGIN, openApi } from '../../helpers/api.ts';
import { HTTPS, sendRaw } from '../../helpers/responses.ts';

/** The gateway's own ID token: Google's front end checks it and removes the signature. */
const GATEWAY_TOKEN = 'Bearer eyJhbGciOiJSUzI1NiJ9.e30.SIGNATURE_REMOVED_BY_GOOGLE';

describe('http: behind a gateway', () => {
  let api: Api;
  before(async () => {
    api = await openApi({ env: { BEHIND_GATEWAY: 'true' } });
  });
  after(() => api.close());

  const me = (headers: Record<string, string>) => api.as().get('/v1/me').set(headers);

  it('reads the token from X-Forwarded-Authorization, and ignores the gateway’s own', async () => {
    const headers = {
      'X-Forwarded-Authorization': `Bearer ${api.token('member')}`,
      Authorization: GATEWAY_TOKEN,
    };
    for (const url of ['/v1/me', '/api/v1/me']) {
      const { status, body } = await api.as().get(url).set(headers);
      assert.equal(status, 200, url);
      assert.equal(body.identity.subject, 'member');
    }
  });

  it('decides by the permissions of that token', async () => {
    const { status } = await api
      .as()
      .get('/v1/users')
      .set('X-Forwarded-Authorization', `Bearer ${api.token('member')}`);
    assert.equal(status, 403);
  });

  it('ignores a token in Authorization, even a valid one', async () => {
    const { status, body } = await me({ Authorization: `Bearer ${api.token('owner')}` });
    assert.equal(status, 401);
    assert.equal(body.code, 'unauthenticated');
  });

  it('ignores the user info that the gateway forwards', async () => {
    const forged = { sub: 'owner', iss: 'https://securetoken.google.com/x', roles: ['owner'] };
    const { status } = await me({
      Authorization: GATEWAY_TOKEN,
      'X-Apigateway-Api-Userinfo': Buffer.from(JSON.stringify(forged)).toString('base64url'),
      'X-Endpoint-Api-Userinfo': Buffer.from(JSON.stringify(forged)).toString('base64url'),
    });
    assert.equal(status, 401);
  });

  it('verifies the signature of the forwarded token', async () => {
    const token = api.token('owner');
    const broken = `${token.slice(0, token.lastIndexOf('.'))}.${'A'.repeat(342)}`;
    const { status, body } = await me({ 'X-Forwarded-Authorization': `Bearer ${broken}` });
    assert.equal(status, 401);
    assert.equal(body.code, 'invalid_token');
  });

  it('refuses two forwarded tokens, even if they are equal', async () => {
    const bearer = `Bearer ${api.token('member')}`;
    const { status, text } = await sendRaw(api.port, {
      path: '/v1/me',
      headers: [HTTPS, ['X-Forwarded-Authorization', bearer], ['x-forwarded-authorization', bearer]],
    });
    assert.equal(status, 400);
    assert.equal(JSON.parse(text).code, 'invalid_request');
  });

  it('refuses two forwarded tokens joined with a comma', async () => {
    const bearer = `Bearer ${api.token('member')}`;
    const { status } = await me({ 'X-Forwarded-Authorization': `${bearer},${bearer}` });
    assert.equal(status, 401);
  });

  it('answers a preflight request without a token', async () => {
    const answer = await api.as().options('/v1/me').set({
      Authorization: GATEWAY_TOKEN,
      Origin: ORIGIN,
      'Access-Control-Request-Method': 'GET',
      'Access-Control-Request-Headers': 'authorization',
    });
    assert.equal(answer.status, 204);
    assert.equal(answer.headers['access-control-allow-origin'], ORIGIN);
  });
});

describe('http: without a gateway', () => {
  let api: Api;
  before(async () => {
    api = await openApi();
  });
  after(() => api.close());

  it('ignores a token in X-Forwarded-Authorization', async () => {
    const { status, body } = await api
      .as()
      .get('/v1/me')
      .set('X-Forwarded-Authorization', `Bearer ${api.token('owner')}`);
    assert.equal(status, 401);
    assert.equal(body.code, 'unauthenticated');
  });

  it('does not count that header as a second token', async () => {
    const { status, body } = await api
      .as('member')
      .get('/v1/me')
      .set('X-Forwarded-Authorization', `Bearer ${api.token('owner')}`);
    assert.equal(status, 200);
    assert.equal(body.identity.subject, 'member');
  });
});
