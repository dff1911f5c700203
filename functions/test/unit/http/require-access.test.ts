import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import cors from 'cors';
import express, { type ErrorRequestHandler } from 'express';
import { createProtection } from '../../../src/protection.ts';
import { type Api, breakFirebaseAuth, openApi } from '../../helpers/api.ts';
import type { TestInstance } from '../../helpers/open-instance.ts';
import { sendRaw } from '../../helpers/responses.ts';

/** The Express 4 of the Firebase CLI: the same functions, as far as the app below uses them. */
const express4: typeof express = createRequire(new URL('../../../../package.json', import.meta.url))(
  'express',
);

const APP_ORIGIN = 'https://elsewhere.example.org';

/** An adopter's app, with parsers, CORS and an error handler of its own. */
function openApp(framework: typeof express) {
  return (deps: TestInstance): Server => {
    const { requireAccess } = createProtection(() => deps);
    const app = framework();
    app.use(cors({ origin: APP_ORIGIN }));
    const projects = framework.Router();
    projects.use(requireAccess('signed-in'));
    projects.get('/:id', requireAccess('users:read'), (req, res) => {
      res.json({ id: req.params.id, uid: req.principal?.uid });
    });
    projects.post('/', requireAccess('sessions:revoke'), framework.json(), (req, res) => {
      res.status(201).json(req.body);
    });
    projects.delete('/:id', requireAccess('users:write'), (_req, res) => {
      res.status(204).end();
    });
    projects.get('/:id/fail', (_req, _res, next) => next(new Error('of the adopter')));
    app.use('/projects', projects);
    const resource = (req: express.Request) =>
      req.params.owner === 'none' ? undefined : { owner: String(req.params.owner) };
    app.get(
      '/own/:owner',
      requireAccess({ permission: 'users:read', own: true, unless: 'audit:read' }, { resource }),
      (_req, res) => {
        res.set('Cache-Control', 'private, max-age=60').json({});
      },
    );
    const answerError: ErrorRequestHandler = (error, _req, res, _next) => {
      res.status(500).json({ ours: error.message });
    };
    app.use(answerError);
    return createServer(app);
  };
}

function assertRefused(
  { status, body }: { status: number; body: { code?: string } },
  ...expected: unknown[]
) {
  assert.deepEqual([status, body.code], expected);
}

for (const [version, framework] of [
  [4, express4],
  [5, express],
] as const) {
  describe(`requireAccess in Express ${version}`, () => {
    let api: Api;
    before(async () => {
      api = await openApi({ serve: openApp(framework) });
    });
    after(() => api.close());
    beforeEach(() => api.lines.splice(0));

    const decisions = () => api.lines.filter(({ kind }) => kind === 'decision');

    it('lets a caller with the permission pass, with `req.principal`', async () => {
      const { status, body, headers } = await api.as('support').get('/projects/p1');
      assert.deepEqual([status, body], [200, { id: 'p1', uid: 'support' }]);
      assert.equal(headers['cache-control'], 'private, no-store');
    });

    it('writes one line for a request with two decisions, without a value of the path', async () => {
      const { headers } = await api.as('support').get('/projects/p1');
      assert.deepEqual(
        api.lines.map(({ kind, permission, granted, status, method, route, requestId }) => ({
          kind,
          permission,
          granted,
          status,
          method,
          route,
          requestId,
        })),
        [
          {
            kind: 'decision',
            permission: 'users:read',
            granted: true,
            status: 200,
            method: 'GET',
            route: '/:id',
            requestId: headers['x-request-id'],
          },
        ],
      );
    });

    const refusals = [
      { who: undefined, status: 401, code: 'unauthenticated', challenge: /^Bearer realm="gatehouse"$/ },
      {
        who: 'norole',
        status: 403,
        code: 'permission_denied',
        challenge: /insufficient_scope", scope="users:read"/,
      },
    ] as const;
    for (const { who, status, code, challenge } of refusals) {
      it(`answers ${status} with a problem and its challenge`, async () => {
        const answer = await api.as(who).get('/projects/p1').set('Origin', APP_ORIGIN);
        assert.deepEqual([answer.status, answer.body.code], [status, code]);
        assert.match(String(answer.headers['content-type']), /^application\/problem\+json/);
        assert.match(String(answer.headers['www-authenticate']), challenge);
        assert.equal(answer.headers['cache-control'], 'private, no-store');
        assert.equal(answer.body.requestId, answer.headers['x-request-id']);
        assert.equal(answer.headers['access-control-allow-origin'], APP_ORIGIN);
        const [line, ...others] = api.lines;
        assert.deepEqual([line?.granted, line?.status, line?.code, others], [false, status, code, []]);
      });
    }

    it('answers 401 to an unacceptable token', async () => {
      const { status, body } = await api.as().get('/projects/p1').set('Authorization', 'Bearer a.b.c');
      assert.deepEqual([status, body.code], [401, 'invalid_token']);
    });

    it('answers 403 without HTTPS, with one transport line', async () => {
      const headers = [['Authorization', `Bearer ${api.token('support')}`]] as const;
      const { status, text } = await sendRaw(api.port, { path: '/projects/p1', headers });
      assert.deepEqual([status, JSON.parse(text).code], [403, 'https_required']);
      assert.deepEqual(
        api.lines.map(({ kind }) => kind),
        ['transport'],
      );
    });

    it('leaves the body to the parser of the app', async () => {
      const sent = { title: 'Milk', text: 'x'.repeat(90_000) };
      const { status, body } = await api.as('support').post('/projects').send(sent);
      assert.deepEqual([status, body], [201, sent]);
    });

    it('leaves errors of a route to the error handler of the app', async () => {
      const { status, body } = await api.as('support').get('/projects/p1/fail');
      assert.deepEqual([status, body], [500, { ours: 'of the adopter' }]);
      assert.deepEqual(
        decisions().map((line) => [line.granted, line.status]),
        [[true, 500]],
      );
    });

    it('answers CORS preflights as the app does, without a decision', async () => {
      const preflight = api.as().options('/projects/p1').set('Origin', APP_ORIGIN);
      const { status } = await preflight.set('Access-Control-Request-Method', 'GET');
      assert.deepEqual([status, api.lines], [204, []]);
    });

    it('decides on the owner of the resource, which it loads only then', async () => {
      const statusOf = async (who: 'support' | 'auditor', owner: string) =>
        (await api.as(who).get(`/own/${owner}`)).status;
      assert.equal(await statusOf('support', 'support'), 200);
      assert.equal(await statusOf('support', 'ann'), 404);
      assert.equal(await statusOf('support', 'none'), 404);
      assert.equal(await statusOf('auditor', 'ann'), 200);
    });

    it('keeps a Cache-Control of the route', async () => {
      const { headers } = await api.as('support').get('/own/support');
      assert.equal(headers['cache-control'], 'private, max-age=60');
    });

    describe('after a change of access', () => {
      const actor = { kind: 'operator', requestId: 'r1' } as const;
      let own: Api;
      beforeEach(async () => {
        own = await openApi({ serve: openApp(framework) });
        await own.deps.users.get('owner');
      });
      afterEach(() => own.close());
      const change = (what: Parameters<typeof own.deps.changeAccess>[2]) =>
        own.deps.changeAccess(actor, { uid: 'owner', action: 'sessions.revoke' }, what);

      it('refuses a revoked token at once in the instance that revoked it', async () => {
        assert.equal((await own.as('owner').get('/projects/p1')).status, 200);
        await change(() => ({ revoke: true }));
        assertRefused(await own.as('owner').get('/projects/p1'), 401, 'token_stale');
      });

      it('decides privileged permissions on the record', async () => {
        assert.equal((await own.as('owner').delete('/projects/p1')).status, 204);
        await own.firestore.db.doc('directory/owner').update({ disabled: true });
        // The feed does not have this change: only the record does.
        assert.equal((await own.as('owner').get('/projects/p1')).status, 200);
        assertRefused(await own.as('owner').delete('/projects/p1'), 401, 'invalid_token');
      });

      it('answers 503 with Retry-After when the record cannot be read', async () => {
        breakFirebaseAuth(own.google);
        const answer = await own.as('owner').delete('/projects/p1');
        assertRefused(answer, 503, 'unavailable');
        assert.equal(answer.headers['retry-after'], '5');
      });
    });
  });
}
