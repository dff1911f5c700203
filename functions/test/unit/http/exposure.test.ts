import assert from 'node:assert/strict';
import { type Api, openApi, SECRETS } from '../../helpers/api.ts';
import { assertProblem } from '../../helpers/responses.ts';

describe('http: sources of tokens and exposed data', () => {
  let api: Api;
  before(async () => {
    api = await openApi();
  });
  after(() => api.close());

  it('ignores a token in the query string', async () => {
    for (const name of ['access_token', 'token', 'id_token', 'auth', 'Authorization', '__session']) {
      const answer = await api
        .as()
        .get('/v1/me')
        .query({ [name]: api.token('owner') });
      assertProblem(answer, 401, 'unauthenticated');
    }
  });

  it('ignores a token in the body, a cookie or another header', async () => {
    const token = api.token('owner');
    const post = () => api.as().post('/v1/me/revoke');
    assertProblem(await post().send({ access_token: token }), 401, 'unauthenticated');
    assertProblem(await post().set('Cookie', `__session=${token}; token=${token}`), 401, 'unauthenticated');
    for (const name of [
      'X-Forwarded-Authorization',
      'X-Original-Authorization',
      'X-Callable-Context-Auth',
      'X-Auth-Token',
    ]) {
      assertProblem(await post().set(name, `Bearer ${token}`), 401, 'unauthenticated');
    }
  });

  it('answers with no account or token data beyond what the API documents', async () => {
    const answers = await Promise.all([
      api.as('owner').get('/v1/me'),
      api.as('owner').get('/v1/users'),
      api.as('owner').get('/v1/users/member'),
      api.as('owner').get('/v1/users?email=member%40example.com'),
      api.as('owner').get('/v1/users?role=member'),
      api.as('owner').get('/v1/users/member/roles'),
      api.as('owner').get('/v1/audit'),
      api.as('owner').post('/v1/directory/reconcile'),
      api
        .as('owner')
        .put('/v1/users/norole/roles')
        .send({ grants: [{ role: 'member' }], version: 1 }),
      api.as('owner').patch('/v1/users/support').send({ disabled: true }),
      api.as('owner').post('/v1/users/auditor/revoke'),
    ]);
    for (const { status, text } of answers) {
      assert.equal(status, 200, text);
      for (const secret of SECRETS) assert.ok(!text.includes(secret), `${secret} in ${text}`);
    }
  });

  it('keeps the custom claims of other code when it writes its own', () => {
    const claims = JSON.parse(String(api.google.users.get('norole')?.customAttributes));
    assert.deepEqual(claims, { roles: ['member'], rv: 2, stripe: 'stripe-cus-0815', tier: 'tier-gold' });
  });
});
