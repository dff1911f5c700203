import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { AppError } from '../../../src/core/errors.ts';
import { sendProblem } from '../../../src/http/problem.ts';
import { structuredLog } from '../../../src/platform/logging/log.ts';
import { secureResponse } from '../../../src/platform/security-headers.ts';
import { type Api, openApi } from '../../helpers/api.ts';
import type { LogLine } from '../../helpers/log.ts';
import { assertProblem, sendRaw } from '../../helpers/responses.ts';

const SECRET = 'postgres://root:hunter2@10.0.0.1';
const FIXED = 'Something went wrong. Quote the request id when you report it.';

describe('http: failures', () => {
  let api: Api;
  let failWith: () => unknown;
  before(async () => {
    api = await openApi({
      rewire: (deps) => ({
        ...deps,
        users: {
          ...deps.users,
          list: async () => {
            throw failWith();
          },
        },
      }),
    });
  });
  after(() => api.close());

  const fail = async (thrown: unknown) => {
    api.lines.length = 0;
    failWith = () => thrown;
    return api.as('owner').get('/v1/users');
  };
  const failureLines = (): LogLine[] => api.lines.filter(({ kind }) => kind === 'failure');

  const thrown: [name: string, value: unknown][] = [
    ['an Error', new Error(SECRET)],
    ['a TypeError', new TypeError(SECRET)],
    ['a string', SECRET],
    ['undefined', undefined],
    ['null', null],
    ['an object', { message: SECRET, status: 200 }],
    [
      'an error with the name of AppError',
      Object.assign(new Error(SECRET), { name: 'AppError', code: 'not_found' }),
    ],
    ['an error with a status of its own', Object.assign(new Error(SECRET), { status: 418, statusCode: 418 })],
    ['an error of an upstream service that answered 400', Object.assign(new Error(SECRET), { status: 400 })],
    ['a URIError of a service', new URIError(SECRET)],
    ['an error with headers', Object.assign(new Error(SECRET), { headers: { 'X-Evil': '1' }, expose: true })],
    ['an Error with a message that cannot be read', unreadable()],
  ];
  for (const [name, value] of thrown) {
    it(`answers a fixed 500 to ${name}`, async () => {
      const answer = await fail(value);
      assert.equal(assertProblem(answer, 500, 'internal').detail, FIXED);
      assert.ok(!JSON.stringify([answer.text, answer.headers]).includes('hunter2'));
      assert.equal(answer.headers['x-evil'], undefined);
    });

    it(`logs ${name} once, with the request id of the answer`, async () => {
      const { headers } = await fail(value);
      assert.deepEqual(
        failureLines().map(({ requestId }) => requestId),
        [headers['x-request-id']],
      );
    });
  }

  it('answers 500 when a handler returns what its schema does not allow', async () => {
    const broken = await openApi({
      rewire: (deps) => {
        const get = async () => ({ ...(await deps.users.get('member')), version: 1.5 });
        return { ...deps, users: { ...deps.users, get } };
      },
    });
    try {
      assertProblem(await broken.as('owner').get('/v1/users/member'), 500, 'internal');
    } finally {
      await broken.close();
    }
  });

  it('serves the next request after a failure', async () => {
    await fail(new Error(SECRET));
    assert.equal((await api.as('owner').get('/v1/me')).status, 200);
  });

  it('does not log a refusal as a failure', async () => {
    assertProblem(await fail(new AppError('permission_denied')), 403, 'permission_denied');
    assert.deepEqual(failureLines(), []);
  });

  it('aborts an answer that has started, logs the failure, and serves the next request', async () => {
    const logged: unknown[] = [];
    const app = express();
    app.use((_req, res, next) => {
      res.locals.requestId = randomUUID();
      const { requestId } = res.locals;
      secureResponse(res, { requestId, config: { hstsIncludeSubDomains: false } });
      next();
    });
    app.get('/half', (_req, res) => {
      res.status(200).write('half');
      throw new Error(SECRET);
    });
    app.get('/whole', (_req, res) => void res.send('whole'));
    const log = { ...structuredLog, failure: (requestId: string) => logged.push(requestId) };
    app.use(sendProblem({ log, config: api.deps.config }, () => false));
    const server = createServer(app).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    try {
      const half = await sendRaw(port, { path: '/half' });
      assert.ok(!half.text.includes('hunter2'));
      assert.doesNotMatch(half.text, /\r\n0\r\n/, 'the end of a whole answer');
      assert.deepEqual(logged, [half.headers['x-request-id']]);
      assert.equal((await sendRaw(port, { path: '/whole' })).text, 'whole');
    } finally {
      server.close();
    }
  });
});

function unreadable(): Error {
  const get = () => {
    throw new Error(SECRET);
  };
  return Object.defineProperties(new Error(), { code: { get }, message: { get } });
}

describe('http: a failure before the decision', () => {
  let api: Api;
  before(async () => {
    const projectId = { get: () => assert.fail(SECRET) };
    api = await openApi({
      rewire: (deps) => ({ ...deps, config: Object.create(deps.config, { projectId }) }),
    });
  });
  after(() => api.close());

  it('has one decision line with the status, which the metric of failures counts', async () => {
    const answer = await api.as('owner').get('/v1/me');
    assertProblem(answer, 500, 'internal');
    const requestId = answer.headers['x-request-id'];
    assert.deepEqual(
      api.lines.map(({ kind, code, status, method, requestId }) => [kind, code, status, method, requestId]),
      [
        ['failure', 'internal', undefined, undefined, requestId],
        ['transport', 'internal', 500, 'GET', requestId],
      ],
    );
  });
});
