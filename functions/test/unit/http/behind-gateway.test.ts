import assert from 'node:assert/strict';
import { type Api, ORIGIN, openApi } from '../../helpers/api.ts';
import { HTTPS, sendRaw } from '../../helpers/responses.ts';

/** What Google's front end leaves of the gateway's own ID token, once it has checked it. */
const GATEWAYS_OWN = 'Bearer eyJhbGciOiJSUzI1NiJ9.e30.SIGNATURE_REMOVED_BY_GOOGLE';

describe('http: behind a gateway', () => {
  let api: Api;
  before(async () => {
    api = await openApi({ env: { BEHIND_GATEWAY: 'true' } });
  });
  after(() => api.close());

  const me = (headers: Record<string, string>) => api.as().get('/v1/me').set(headers);

  it('takes the token from X-Forwarded-Authorization and overlooks the gateway’s own', async () => {
    const headers = {
      'X-Forwarded-Authorization': `Bearer ${api.token('member')}`,
      Authorization: GATEWAYS_OWN,
    };
    for (const url of ['/v1/me', '/api/v1/me']) {
      const { status, body } = await api.as().get(url).set(headers);
      assert.equal(status, 200, url);
      assert.equal(body.subject, 'member');
    }
  });

  it('decides by that token: what its user may not do is refused', async () => {
    const { status } = await api
      .as()
      .get('/v1/users')
      .set('X-Forwarded-Authorization', `Bearer ${api.token('member')}`);
    assert.equal(status, 403);
  });

  it('takes no token from Authorization, not even a valid one', async () => {
    const { status, body } = await me({ Authorization: `Bearer ${api.token('owner')}` });
    assert.equal(status, 401);
    assert.equal(body.code, 'unauthenticated');
  });

  it('believes nothing that the gateway says it has checked', async () => {
    const forged = { sub: 'owner', iss: 'https://securetoken.google.com/x', roles: ['owner'] };
    const { status } = await me({
      Authorization: GATEWAYS_OWN,
      'X-Apigateway-Api-Userinfo': Buffer.from(JSON.stringify(forged)).toString('base64url'),
      'X-Endpoint-Api-Userinfo': Buffer.from(JSON.stringify(forged)).toString('base64url'),
    });
    assert.equal(status, 401);
  });

  it('verifies the forwarded token itself: one with a broken signature is refused', async () => {
    const token = api.token('owner');
    const broken = `${token.slice(0, token.lastIndexOf('.'))}.${'A'.repeat(342)}`;
    const { status, body } = await me({ 'X-Forwarded-Authorization': `Bearer ${broken}` });
    assert.equal(status, 401);
    assert.equal(body.code, 'invalid_token');
  });

  it('refuses two forwarded tokens, even the same twice', async () => {
    const bearer = `Bearer ${api.token('member')}`;
    const { status, text } = await sendRaw(api.port, {
      path: '/v1/me',
      headers: [HTTPS, ['X-Forwarded-Authorization', bearer], ['x-forwarded-authorization', bearer]],
    });
    assert.equal(status, 400);
    assert.equal(JSON.parse(text).code, 'invalid_request');
  });

  it('refuses two that a proxy has joined with a comma', async () => {
    const bearer = `Bearer ${api.token('member')}`;
    const { status } = await me({ 'X-Forwarded-Authorization': `${bearer},${bearer}` });
    assert.equal(status, 401);
  });

  it('answers a preflight request, which carries no token', async () => {
    const answer = await api.as().options('/v1/me').set({
      Authorization: GATEWAYS_OWN,
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

  it('takes no token from X-Forwarded-Authorization', async () => {
    const { status, body } = await api
      .as()
      .get('/v1/me')
      .set('X-Forwarded-Authorization', `Bearer ${api.token('owner')}`);
    assert.equal(status, 401);
    assert.equal(body.code, 'unauthenticated');
  });

  it('does not count it as a second one either', async () => {
    const { status, body } = await api
      .as('member')
      .get('/v1/me')
      .set('X-Forwarded-Authorization', `Bearer ${api.token('owner')}`);
    assert.equal(status, 200);
    assert.equal(body.subject, 'member');
  });
});
