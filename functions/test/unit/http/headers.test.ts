import assert from 'node:assert/strict';
import { type Api, breakFirebaseAuth, ORIGIN, openApi } from '../../helpers/api.ts';
import { mintIdToken } from '../../helpers/google.ts';
import { assertHeaders, assertProblem } from '../../helpers/responses.ts';

const REALM = 'Bearer realm="gatehouse"';
const INVALID = `${REALM}, error="invalid_token", error_description="The credential was not accepted"`;
const STALE = `${REALM}, error="invalid_token", error_description="The token is out of date, refresh it"`;

/** One request for each status. */
type Send = (api: Api) => PromiseLike<{ status: number; headers: Record<string, string>; text: string }>;
const SERVED: [status: number, what: string, Send][] = [
  [200, 'a public route', (api) => api.as().get('/v1/health')],
  [200, 'a route for signed-in users', (api) => api.as('member').get('/v1/me')],
  [204, 'a deletion', (api) => api.as('owner').delete('/v1/users/norole')],
  [
    204,
    'a preflight',
    (api) => api.as().options('/v1/me').set('Origin', ORIGIN).set('Access-Control-Request-Method', 'GET'),
  ],
];
const REFUSED: [status: number, code: string, challenge: string | undefined, Send][] = [
  [400, 'invalid_argument', undefined, (api) => api.as('owner').get('/v1/users?pageSize=0')],
  [
    400,
    'invalid_request',
    undefined,
    (api) => api.as('owner').put('/v1/users/member/roles').type('json').send('{'),
  ],
  [401, 'unauthenticated', REALM, (api) => api.as().get('/v1/me')],
  [401, 'invalid_token', INVALID, (api) => api.as().get('/v1/me').set('Authorization', 'Bearer x.y.z')],
  [401, 'invalid_token', INVALID, (api) => api.as().get('/v1/me').set('Authorization', 'Basic b3duZXI6eA==')],
  [401, 'invalid_token', INVALID, (api) => api.as().get('/v1/me').set('Authorization', 'Bearer x.y.z')],
  [401, 'token_stale', STALE, async (api) => getMe(api, await revokedToken(api))],
  [
    403,
    'permission_denied',
    `${REALM}, error="insufficient_scope", scope="users:read"`,
    (api) => api.as('member').get('/v1/users'),
  ],
  [
    403,
    'permission_denied',
    `${REALM}, error="insufficient_scope", scope="roles:assign"`,
    (api) => api.as('support').put('/v1/users/member/roles').send({}),
  ],
  [403, 'own_account', undefined, (api) => api.as('owner').patch('/v1/users/owner').send({ disabled: true })],
  [
    403,
    'exceeds_own_permissions',
    `${REALM}, error="insufficient_scope", scope="owners:assign"`,
    (api) => api.as('admin').patch('/v1/users/owner').send({ disabled: true }),
  ],
  [403, 'origin_denied', undefined, (api) => api.as('owner').get('/v1/me').set('Origin', 'null')],
  [403, 'https_required', undefined, (api) => api.as('owner').get('/v1/me').set('X-Forwarded-Proto', 'http')],
  [404, 'not_found', undefined, (api) => api.as('owner').get('/nowhere')],
  [404, 'not_found', undefined, (api) => api.as('owner').get('/v1/users/stranger')],
  [405, 'method_not_allowed', undefined, (api) => api.as('owner').put('/v1/me')],
  [
    409,
    'version_mismatch',
    undefined,
    (api) => api.as('owner').put('/v1/users/member/roles').send({ grants: [], version: 7 }),
  ],
  [
    412,
    'precondition_failed',
    undefined,
    (api) => api.as('owner').put('/v1/users/member/roles').set('If-Match', '"7"').send({ grants: [] }),
  ],
  [
    413,
    'payload_too_large',
    undefined,
    (api) =>
      api
        .as('owner')
        .post('/v1/me/revoke')
        .send({ x: 'x'.repeat(102_400) }),
  ],
  [
    415,
    'unsupported_media_type',
    undefined,
    (api) => api.as('owner').post('/v1/me/revoke').type('text').send('{}'),
  ],
];

/** A token of a user after the end of all sessions. */
async function revokedToken(api: Api): Promise<string> {
  await api.as('owner').post('/v1/users/norole/revoke');
  return api.token('norole');
}

function getMe(api: Api, token: string) {
  return api.as().get('/v1/me').set('Authorization', `Bearer ${token}`);
}

describe('http: headers and problems', () => {
  let api: Api;
  before(async () => {
    api = await openApi();
  });
  after(() => api.close());

  for (const [status, what, send] of SERVED) {
    it(`sends the security headers with ${status}, ${what}`, async () => {
      const answer = await send(api);
      assert.equal(answer.status, status, answer.text);
      assertHeaders(answer.headers);
      assert.equal(answer.headers['www-authenticate'], undefined);
    });
  }

  for (const [status, code, challenge, send] of REFUSED) {
    it(`refuses with ${status} ${code}, ${challenge ?? 'without a challenge'}`, async () => {
      const answer = await send(api);
      assertProblem(answer, status, code);
      assert.equal(answer.headers['www-authenticate'], challenge);
      assert.equal(answer.headers['retry-after'], undefined);
    });
  }

  it('answers 503 with Retry-After when Firebase Auth fails, and without a challenge', async () => {
    const broken = await openApi();
    try {
      breakFirebaseAuth(broken.google);
      const answer = await broken.as('owner').delete('/v1/users/member');
      assertProblem(answer, 503, 'unavailable');
      assert.match(String(answer.headers['retry-after']), /^[1-9]\d{0,2}$/);
      assert.equal(answer.headers['www-authenticate'], undefined);
    } finally {
      await broken.close();
    }
  });

  it('sends the same headers with a 500', async () => {
    const broken = await openApi({
      rewire: (deps) => ({
        ...deps,
        users: { ...deps.users, list: () => Promise.reject(new Error('secret')) },
      }),
    });
    try {
      assertProblem(await broken.as('owner').get('/v1/users'), 500, 'internal');
    } finally {
      await broken.close();
    }
  });

  it('gives no reason for a refused credential', async () => {
    const soon = Math.floor(Date.now() / 1000);
    const bad = ['x', 'a.b.c', await mintIdToken({ iss: 'https://evil.com' })];
    bad.push(await mintIdToken({ exp: soon - 1 }), await mintIdToken({ aud: 'other' }));
    const answers = await Promise.all(bad.map((token) => getMe(api, token)));
    const details = answers.map((answer) => assertProblem(answer, 401, 'invalid_token').detail);
    assert.equal(new Set(details).size, 1);
  });

  for (const id of ['my-id', '11111111-1111-4111-8111-111111111111', 'a\tb']) {
    it(`ignores the request id ${JSON.stringify(id)} of a client`, async () => {
      const { headers } = await api
        .as()
        .get('/v1/health')
        .set('X-Request-Id', id)
        .set('X-Correlation-Id', id);
      assertHeaders(headers);
      assert.notEqual(headers['x-request-id'], id);
    });
  }

  it('gives every request a unique id', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => api.as().get('/v1/health')));
    assert.equal(new Set(answers.map(({ headers }) => headers['x-request-id'])).size, 20);
  });
});
