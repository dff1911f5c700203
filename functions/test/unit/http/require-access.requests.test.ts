import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import express, { type RequestHandler } from 'express';
import { createProtection } from '../../../src/protection.ts';
import { type Api, openApi } from '../../helpers/api.ts';
import { mintAppCheckToken, serveAppCheck } from '../../helpers/app-check-tokens.ts';
import type { TestInstance } from '../../helpers/open-instance.ts';

type Protection = ReturnType<typeof createProtection>;

describe('requireAccess: requests', () => {
  let api: Api | undefined;
  afterEach(() => api?.close());

  const consumed: readonly [string, NodeJS.ProcessEnv, (protect: Protection) => RequestHandler[]][] = [
    [
      'uses an App Check token once for several decisions on one request',
      {},
      ({ requireAccess }) => [requireAccess('public'), requireAccess('signed-in')],
    ],
    [
      'refuses an App Check token of another request after a decision in shadow mode',
      { ENFORCEMENT: 'shadow' },
      ({ requireAccess }) => [requireAccess('audit:read', { allowShadow: true })],
    ],
  ];
  for (const [title, env, before] of consumed) {
    it(title, async () => {
      api = await openApi({
        env: { APP_CHECK: 'true', APP_CHECK_CONSUME: 'true', ...env },
        serve(deps) {
          const protection = createProtection(() => deps);
          const app = express();
          app.use(...before(protection));
          app.post('/', protection.requireAccess('users:read'), (_req, res) => res.status(204).end());
          return createServer(app);
        },
      });
      serveAppCheck(api.google);
      const token = await mintAppCheckToken();
      const post = async () => api?.as('support').post('/').set('X-Firebase-AppCheck', token);
      assert.equal((await post())?.status, 204);
      assert.equal((await post())?.body.code, 'app_check_failed');
    });
  }

  it('keeps the principal for a route that is public after a decision', async () => {
    api = await openApi({
      serve(deps) {
        const { requireAccess } = createProtection(() => deps);
        const app = express();
        app.use(requireAccess('signed-in'));
        app.get('/', requireAccess('public'), (req, res) => void res.send(req.principal?.uid));
        return createServer(app);
      },
    });
    assert.equal((await api.as('support').get('/')).text, 'support');
  });

  it('logs a request of a client that is gone before the decision', async () => {
    const gone = Promise.withResolvers<void>();
    const handled = Promise.withResolvers<void>();
    api = await openApi({
      serve(deps: TestInstance) {
        const accessChanges = { find: () => gone.promise.then(() => undefined) };
        const { guard } = createProtection(() => ({ ...deps, accessChanges }));
        const handler = guard('users:read', () => handled.resolve());
        return createServer((req, res) => {
          res.once('close', gone.resolve);
          return handler(req, res);
        });
      },
    });
    const socket = connect(api.port, '127.0.0.1');
    await once(socket, 'connect');
    const lines = ['POST / HTTP/1.1', 'Host: x', 'X-Forwarded-Proto: https', 'Content-Length: 0'];
    socket.write(`${lines.join('\r\n')}\r\nAuthorization: Bearer ${api.token('support')}\r\n\r\n`, () => {
      setTimeout(() => socket.destroy(), 100);
    });
    await handled.promise;
    assert.deepEqual(
      api.lines.map(({ kind, permission, granted }) => [kind, permission, granted]),
      [['decision', 'users:read', true]],
    );
  });
});
