import assert from 'node:assert/strict';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import supertest from 'supertest';
import { AUTH_HOST } from '../helpers/emulator.ts';
import { openProject } from './own-project.ts';

/** The Auth emulator behind a proxy that can refuse writes. */
async function openAuthProxy() {
  let mayWrite = true;
  const isWrite = ({ url = '' }: IncomingMessage) => /accounts:(update|delete)/.test(url);
  const server = createServer(async (req, res) => {
    if (isWrite(req) && !mayWrite) return res.writeHead(500).end('{"error":{"message":"BACKEND_ERROR"}}');
    const { method = 'GET', headers } = req;
    const { authorization = '', 'content-type': type = 'application/json' } = headers;
    const answer = await fetch(`http://${AUTH_HOST}${req.url}`, {
      method,
      headers: { authorization, 'Content-Type': type },
      ...(method !== 'GET' && { body: await buffer(req) }),
    });
    return res.writeHead(answer.status, { 'Content-Type': 'application/json' }).end(await answer.text());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    allowWrites(allowed: boolean) {
      mayWrite = allowed;
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

describe('a change that could not be synced to Firebase Auth', function () {
  this.timeout(30_000);
  let auth: Awaited<ReturnType<typeof openAuthProxy>>;

  beforeEach(async () => {
    auth = await openAuthProxy();
    process.env.FIREBASE_AUTH_EMULATOR_HOST = auth.host;
  });
  afterEach(() => {
    process.env.FIREBASE_AUTH_EMULATOR_HOST = AUTH_HOST;
    auth.close();
  });

  it('applies at once, is reported as not synced, and is repaired by reconcile', async () => {
    const project = openProject();
    const { http } = project.instance();
    const [owner, uid] = [await project.add(['owner']), await project.add(['admin'])];
    const as = (token: string) => supertest.agent(http).auth(token, { type: 'bearer' });
    const boss = as(await project.token(owner));
    const old = as(await project.token(uid));
    assert.equal((await old.get('/v1/me')).status, 200);

    auth.allowWrites(false);
    const demotion = { grants: [{ role: 'member' }], version: 1 };
    const { status, body } = await boss.put(`/v1/users/${uid}/roles`).send(demotion);
    assert.deepEqual([status, body.roles, body.version, body.synced], [200, ['member'], 2, false]);
    assert.deepEqual((await project.auth.getUser(uid)).customClaims, { roles: ['admin'], rv: 1 });
    // The revocation applies at once: an old token is refused, and so is a new one with the old claims.
    assert.equal((await old.get('/v1/me')).status, 401);
    const renewed = as(await project.token(uid));
    assert.equal((await renewed.get('/v1/me')).body.code, 'token_stale');

    auth.allowWrites(true);
    const { body: reconciled } = await boss.post('/v1/directory/reconcile');
    assert.deepEqual([reconciled.repaired, reconciled.failed], [1, 0]);
    assert.deepEqual((await project.auth.getUser(uid)).customClaims, { roles: ['member'], rv: 2 });
    const { body: after } = await boss.get(`/v1/users/${uid}`);
    assert.equal(after.synced, true);
    const me = await as(await project.token(uid)).get('/v1/me');
    assert.deepEqual([me.status, me.body.roles], [200, ['member']]);
  });
});
