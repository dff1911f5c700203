import assert from 'node:assert/strict';
import { createServer, type ServerResponse } from 'node:http';
import { createApp } from '../../../src/http/app.ts';
import { structuredLog } from '../../../src/platform/logging/log.ts';
import { type Api, ORIGIN, openApi } from '../../helpers/api.ts';
import { logOf } from '../../helpers/capture.ts';
import { mintIdToken } from '../../helpers/google.ts';
import { silentLog } from '../../helpers/log.ts';
import { withoutNotes } from '../../helpers/notes.ts';
import { HTTPS, sendRaw } from '../../helpers/responses.ts';

const SECRET = 'S3CRET-MARKER';

describe('http: log', () => {
  let api: Api;
  before(async () => {
    api = await openApi({ log: structuredLog });
  });
  after(() => api.close());

  const decisions: [
    name: string,
    send: (api: Api) => PromiseLike<{ status: number; headers: Record<string, string> }>,
    line: object,
  ][] = [
    [
      'a public request',
      (api) => api.as().get('/v1/health'),
      { permission: 'public', granted: true, subject: '', method: 'GET', route: '/v1/health', status: 200 },
    ],
    [
      'a granted request',
      (api) => api.as('member').get('/v1/me'),
      {
        permission: 'signed-in',
        granted: true,
        subject: 'member',
        method: 'GET',
        route: '/v1/me',
        status: 200,
      },
    ],
    [
      'a HEAD request',
      (api) => api.as('member').head('/v1/me'),
      {
        permission: 'signed-in',
        granted: true,
        subject: 'member',
        method: 'HEAD',
        route: '/v1/me',
        status: 200,
      },
    ],
    [
      'a granted permission',
      (api) => api.as('owner').get('/v1/users'),
      { permission: 'users:read', granted: true, subject: 'owner' },
    ],
    [
      'an anonymous request',
      (api) => api.as().get('/v1/me'),
      { permission: 'signed-in', granted: false, reason: 'anonymous', code: 'unauthenticated', status: 401 },
    ],
    [
      'a missing permission',
      (api) => api.as('member').get('/v1/users'),
      { permission: 'users:read', granted: false, subject: 'member', route: '/v1/users', status: 403 },
    ],
    [
      'a bad token',
      (api) => api.as().get('/v1/me').set('Authorization', `Bearer ${SECRET}`),
      { granted: false, code: 'invalid_token', status: 401 },
    ],
    [
      'another scheme',
      (api) => api.as().get('/v1/me').set('Authorization', `Basic ${SECRET}`),
      { granted: false, code: 'invalid_token' },
    ],
    [
      'a granted request with bad input',
      (api) => api.as('owner').get('/v1/users?x=1'),
      { permission: 'users:read', granted: true, code: 'invalid_argument', status: 400 },
    ],
    [
      'a path with values, by the other base path',
      (api) => api.as('owner').get('/api/v1/users/gone'),
      { granted: true, method: 'GET', route: '/v1/users/{uid}', code: 'not_found', status: 404 },
    ],
    [
      'a note of another user',
      (api) => api.as('member').get('/v1/notes/noSuchNote0000000000'),
      { granted: false, reason: 'not-own', route: '/v1/notes/{id}', code: 'not_found', status: 404 },
    ],
    [
      'an If-None-Match where there is no ETag',
      (api) => api.as('norole').get('/v1/me').set('If-None-Match', '"x"'),
      { granted: true, status: 200 },
    ],
    [
      'a version that has not changed',
      (api) => api.as('owner').get('/v1/users/norole/roles').set('If-None-Match', '"1"'),
      { granted: true, route: '/v1/users/{uid}/roles', status: 304 },
    ],
    [
      'another version than If-Match says',
      (api) => api.as('owner').put('/v1/users/norole/roles').set('If-Match', '"7"').send({ grants: [] }),
      { granted: true, method: 'PUT', code: 'precondition_failed', status: 412 },
    ],
    [
      'something that is created',
      (api) => api.as('owner').post('/v1/users/support/grants').send({ role: 'auditor' }),
      { granted: true, method: 'POST', route: '/v1/users/{uid}/grants', status: 201 },
    ],
    [
      'a stream',
      (api) => api.as('auditor').get('/v1/audit/export'),
      { granted: true, route: '/v1/audit/export', status: 200 },
    ],
    [
      'broken JSON',
      (api) => api.as().post('/v1/claim-owner').type('json').send('{'),
      { permission: 'transport', granted: false, method: 'POST', code: 'invalid_request', status: 400 },
    ],
    [
      'a path that does not exist',
      (api) => api.as().get('/v1/nothing'),
      { permission: 'transport', granted: false, method: 'GET', code: 'not_found', status: 404 },
    ],
    [
      'a method that does not exist',
      (api) => api.as().delete('/v1/me'),
      { permission: 'transport', granted: false, method: 'DELETE', code: 'method_not_allowed', status: 405 },
    ],
    [
      'another origin',
      (api) => api.as('owner').get('/v1/me').set('Origin', 'https://evil.com'),
      {
        ...{ granted: false, code: 'origin_denied' },
        ...{ origin: 'https://evil.com', method: 'GET', path: '/v1/me', status: 403 },
      },
    ],
    [
      'plain HTTP',
      (api) => api.as('owner').get('/v1/me').set('X-Forwarded-Proto', 'http'),
      { granted: false, code: 'https_required' },
    ],
  ];
  for (const [name, send, expected] of withoutNotes(decisions, ([name]) => name.includes('note'))) {
    it(`has one line for ${name}, with the request id of the answer`, async () => {
      const { answer, lines } = await logOf(() => send(api));
      const [line = {}, ...others] = lines.filter(({ event }) => event === 'decision');
      assert.deepEqual(others, []);
      assert.equal(answer.status, line.status);
      const requestId = answer.headers['x-request-id'];
      assert.deepEqual({ ...line, event: 'decision', requestId, severity: 'INFO', ...expected }, line);
    });
  }

  it('has one line for two Authorization headers', async () => {
    const { lines, answer } = await logOf(() =>
      sendRaw(api.port, {
        path: '/v1/me',
        headers: [HTTPS, ['Authorization', `Bearer ${SECRET}`], ['Authorization', `Bearer ${SECRET}`]],
      }),
    );
    assert.equal(answer.status, 400);
    assert.deepEqual(
      lines.map(({ code }) => code),
      ['invalid_request'],
    );
  });

  it('has a line for a change, with action, actor, target and reason', async () => {
    const { lines } = await logOf(() =>
      api
        .as('owner')
        .put('/v1/users/norole/roles')
        .send({ grants: [{ role: 'member' }], version: 1, auditReason: 'asked' }),
    );
    const change = lines.find(({ event }) => event === 'change');
    assert.deepEqual(
      [change?.action, change?.actor, change?.target, change?.reason],
      ['roles.set', 'owner', 'norole', 'asked'],
    );
  });

  it('has no token, header, cookie, query or body, for any outcome', async () => {
    const tokens = [
      api.token('owner'),
      await mintIdToken({ sub: 'owner', aud: SECRET }),
      await mintIdToken({ sub: 'gone' }),
      `${api.token('owner')}x`,
      SECRET,
    ];
    const { output } = await logOf(async () => {
      for (const token of tokens) {
        for (const path of [
          '/v1/me',
          `/v1/users?email=${SECRET}%40x`,
          `/v1/users?${SECRET}=1`,
          `/v1/${SECRET}`,
        ]) {
          await sendRaw(api.port, {
            path,
            headers: [
              HTTPS,
              ['Authorization', `Bearer ${token}`],
              ['Cookie', SECRET],
              ['X-Request-Id', SECRET],
              ['User-Agent', SECRET],
            ],
          });
        }
        for (const body of [`{"x":"${SECRET}"}`, `{"${SECRET}"`]) {
          await api
            .as()
            .put('/v1/users/member/roles')
            .set('Authorization', `Bearer ${token}`)
            .type('json')
            .send(body);
        }
      }
      // The origin of a refusal is logged.
      return api.as().get(`/v1/me?${SECRET}`).set('Origin', 'https://evil.com').set('Referer', SECRET);
    });
    assert.ok(!output.includes(SECRET));
    for (const token of tokens.slice(0, 4)) {
      for (const part of token.split('.')) assert.ok(!output.includes(part), 'a part of a token');
    }
  });

  it('has the request id and no token when a request fails', async () => {
    const broken = await openApi({
      log: structuredLog,
      rewire: (deps) => {
        const cause = Object.assign(new Error('failed'), {
          config: { headers: { Authorization: SECRET } },
          response: { body: SECRET },
        });
        return { ...deps, users: { ...deps.users, list: () => Promise.reject(cause) } };
      },
    });
    try {
      const { output, answer, lines } = await logOf(() => broken.as('owner').get('/v1/users'));
      assert.equal(answer.status, 500);
      const { status, route, subject } = lines.find(({ event }) => event === 'decision') ?? {};
      assert.deepEqual([status, route, subject], [500, '/v1/users', 'owner']);
      const failure = lines.find(({ event }) => event === 'failure');
      assert.deepEqual([failure?.requestId, failure?.severity], [answer.headers['x-request-id'], 'ERROR']);
      assert.ok(!output.includes(SECRET));
      assert.ok(!output.includes(broken.token('owner')));
    } finally {
      await broken.close();
    }
  });

  it('has its line before the first byte of the answer', async () => {
    const sent: boolean[] = [];
    const responses: ServerResponse[] = [];
    const early = await openApi({
      log: { ...silentLog, decision: () => sent.push(responses.at(-1)?.headersSent ?? assert.fail()) },
      serve: (deps) => {
        const server = createServer(createApp(deps));
        return server.prependListener('request', (_req, res) => void responses.push(res));
      },
    });
    try {
      for (const path of ['/v1/me', '/v1/nothing', '/v1/users?x=1', '/v1/audit/export', '/v1/health']) {
        await early.as('owner').get(path);
      }
      assert.deepEqual(sent, [false, false, false, false]);
    } finally {
      await early.close();
    }
  });

  it('has no line for a preflight', async () => {
    const { lines } = await logOf(() =>
      api.as().options('/v1/me').set('Origin', ORIGIN).set('Access-Control-Request-Method', 'GET'),
    );
    assert.deepEqual(lines, []);
  });
});
