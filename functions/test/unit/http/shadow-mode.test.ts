import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import express from 'express';
import { createProtection } from '../../../src/protection.ts';
import { type Api, openApi } from '../../helpers/api.ts';
import { ACCOUNTS_LOOKUP } from '../../helpers/google.ts';
import type { TestInstance } from '../../helpers/open-instance.ts';
import { sendRaw } from '../../helpers/responses.ts';

const SHADOW = { allowShadow: true };

/** An adopter's app: an endpoint in shadow mode, a new one, one of privileged rights, and `guard`. */
function openApp(deps: TestInstance): Server {
  const { requireAccess, guard } = createProtection(() => deps);
  const app = express();
  const answer: express.RequestHandler = (req, res) => {
    res.json({ kind: req.principal?.kind, permissions: req.principal?.permissions.length });
  };
  app.get('/old', requireAccess('users:read', SHADOW), answer);
  app.get('/nested', requireAccess('users:read', SHADOW), requireAccess('signed-in', SHADOW), answer);
  app.get('/new', requireAccess('users:read'), answer);
  app.get('/roles', requireAccess('roles:assign', SHADOW), answer);
  app.get('/guarded', guard('signed-in', answer as never, SHADOW));
  return createServer(app);
}

describe('shadow mode over HTTP', () => {
  const open = (ENFORCEMENT: string) => openApi({ env: { ENFORCEMENT }, serve: openApp });
  let api: Api;
  let enforcing: Api;
  before(async () => {
    api = await open('shadow');
    enforcing = await open('enforce');
  });
  after(() => Promise.all([api.close(), enforcing.close()]));
  beforeEach(() => api.lines.splice(0));

  /** The one line of a request. */
  function line() {
    const [first, ...others] = api.lines.filter(({ kind }) => kind !== 'shadowMode');
    assert.deepEqual(others, []);
    const { kind, granted, enforcement, reason, code, status, route } = first ?? assert.fail('no line');
    return { kind, granted, enforcement, reason, code, status, route };
  }
  const refusal = { kind: 'decision', granted: false, enforcement: 'shadow', status: 200 };

  it('serves a caller without a token, and logs the refusal to come', async () => {
    const { status, body, headers } = await api.as().get('/old');
    assert.deepEqual([status, body], [200, { kind: 'anonymous', permissions: 0 }]);
    assert.equal(headers['www-authenticate'], undefined);
    assert.deepEqual(line(), { ...refusal, reason: 'anonymous', code: 'unauthenticated', route: '/old' });
    assert.equal((await enforcing.as().get('/old')).status, 401);
  });

  it('serves a user without the permission, as this user', async () => {
    const { status, body } = await api.as('norole').get('/old');
    assert.deepEqual([status, body], [200, { kind: 'user', permissions: 0 }]);
    const code = 'permission_denied';
    assert.deepEqual(line(), { ...refusal, reason: 'missing-permission', code, route: '/old' });
    assert.equal((await enforcing.as('norole').get('/old')).status, 403);
  });

  it('serves a forged token as anonymous', async () => {
    const { status, body } = await api.as().get('/old').set('Authorization', 'Bearer a.b.c');
    assert.deepEqual([status, body.kind], [200, 'anonymous']);
    assert.equal(line().code, 'invalid_token');
  });

  it('serves a request without HTTPS as anonymous, although it has a valid token', async () => {
    const headers = [['Authorization', `Bearer ${api.token('owner')}`]] as const;
    const { status, text } = await sendRaw(api.port, { path: '/old', headers });
    assert.deepEqual([status, JSON.parse(text).kind], [200, 'anonymous']);
    assert.deepEqual([line().enforcement, line().code], ['shadow', 'https_required']);
  });

  it('logs the first refusal of two rules', async () => {
    assert.equal((await api.as('norole').get('/nested')).status, 200);
    assert.equal(line().reason, 'missing-permission');
  });

  it('logs a granted request as always', async () => {
    assert.equal((await api.as('owner').get('/old')).status, 200);
    assert.deepEqual([line().granted, line().enforcement], [true, undefined]);
  });

  it('serves everyone through guard', async () => {
    assert.deepEqual((await api.as().get('/guarded')).body.kind, 'anonymous');
    assert.equal((await enforcing.as().get('/guarded')).status, 401);
  });

  it('enforces an endpoint that does not allow it', async () => {
    assert.equal((await api.as('norole').get('/new')).status, 403);
    assert.deepEqual([line().granted, line().enforcement], [false, undefined]);
  });

  it('enforces a privileged permission', async () => {
    assert.equal((await api.as().get('/roles')).status, 401);
    assert.equal((await api.as('member').get('/roles')).status, 403);
    api.google.answer(ACCOUNTS_LOOKUP, () => (res) => void res.writeHead(500).end());
    assert.equal((await api.as('owner').get('/roles')).status, 503);
  });
});

describe('the HTTP API in shadow mode', () => {
  it('enforces every operation that is not public', async () => {
    const api = await openApi({ env: { ENFORCEMENT: 'shadow' } });
    try {
      for (const { operation } of api.deps.operations) {
        if (operation.access === 'public') continue;
        const { method, path } = operation.http;
        const url = `/v1${path.replaceAll(/:\w+/g, 'x')}`;
        assert.equal((await api.as()[method](url)).status, 401, operation.name);
      }
    } finally {
      await api.close();
    }
  });
});
