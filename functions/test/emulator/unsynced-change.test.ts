import assert from 'node:assert/strict';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import supertest from 'supertest';
import { AUTH_HOST } from '../helpers/emulator.ts';
import { openProject } from './own-project.ts';

/** Firebase Auth, with its accounts readable and, when told so, not writable. */
async function openReadOnlyAuth() {
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

describe('a change that Firebase Auth could not be told', function () {
  this.timeout(30_000);
  let google: Awaited<ReturnType<typeof openReadOnlyAuth>>;

  beforeEach(async () => {
    google = await openReadOnlyAuth();
    process.env.FIREBASE_AUTH_EMULATOR_HOST = google.host;
  });
  afterEach(() => {
    process.env.FIREBASE_AUTH_EMULATOR_HOST = AUTH_HOST;
    google.close();
  });

  it('holds all the same, says so, and is told by whoever puts things in order', async () => {
    const project = openProject();
    const { http } = project.instance();
    const [owner, uid] = [await project.add(['owner']), await project.add(['admin'])];
    const as = (token: string) => supertest.agent(http).auth(token, { type: 'bearer' });
    const boss = as(await project.token(owner));
    const old = as(await project.token(uid));
    assert.equal((await old.get('/v1/me')).status, 200);

    google.allowWrites(false);
    const demotion = { grants: [{ role: 'member' }], version: 1 };
    const { status, body } = await boss.put(`/v1/users/${uid}/roles`).send(demotion);
    assert.deepEqual([status, body.roles, body.version, body.synced], [200, ['member'], 2, false]);
    assert.deepEqual((await project.auth.getUser(uid)).customClaims, { roles: ['admin'], rv: 1 });
    // What was taken away does not wait: neither an old token nor a new one from old claims passes.
    assert.equal((await old.get('/v1/me')).status, 401);
    const renewed = as(await project.token(uid));
    assert.equal((await renewed.get('/v1/me')).body.code, 'token_stale');

    google.allowWrites(true);
    const { body: reconciled } = await boss.post('/v1/directory/reconcile');
    assert.deepEqual([reconciled.repaired, reconciled.failed], [1, 0]);
    assert.deepEqual((await project.auth.getUser(uid)).customClaims, { roles: ['member'], rv: 2 });
    const { body: after } = await boss.get(`/v1/users/${uid}`);
    assert.equal(after.synced, true);
    const me = await as(await project.token(uid)).get('/v1/me');
    assert.deepEqual([me.status, me.body.roles], [200, ['member']]);
  });
});
