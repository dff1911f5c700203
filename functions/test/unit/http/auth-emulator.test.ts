import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { createApp } from '../../../src/http/app.ts';
import { type Api, openApi } from '../../helpers/api.ts';
import { frameworkServer } from '../../helpers/framework.ts';
import { assertProblem, HTTPS, sendRaw } from '../../helpers/responses.ts';

const SIGN_IN = '/identitytoolkit.googleapis.com/v1/accounts:signInWithPassword?key=k';
const REFRESH = '/securetoken.googleapis.com/v1/token?key=k';
const FORM = 'application/x-www-form-urlencoded';

describe('http: the Auth emulator on the origin of the page', () => {
  let authEmulator: Server;
  let inEmulator: Api;
  let inProduction: Api;

  before(async () => {
    // Answers with what it received.
    authEmulator = createServer(async (req, res) => {
      const received = [req.method, req.url, req.headers['content-type'], await text(req)];
      res.writeHead(418, { 'Content-Type': 'application/json' }).end(JSON.stringify(received));
    }).listen(0, '127.0.0.1');
    await once(authEmulator, 'listening');
    const serve = (deps: Parameters<typeof createApp>[0]) => frameworkServer(createApp(deps));
    const host = `127.0.0.1:${(authEmulator.address() as AddressInfo).port}`;
    inEmulator = await openApi({
      serve,
      env: {
        ...{ FUNCTIONS_EMULATOR: 'true', GCLOUD_PROJECT: 'demo-shop' },
        FIREBASE_AUTH_EMULATOR_HOST: host,
      },
    });
    inProduction = await openApi({ serve });
  });
  after(async () => {
    authEmulator.close();
    await Promise.all([inEmulator.close(), inProduction.close()]);
  });

  const send = (api: Api, path: string, type: string, body: string) =>
    sendRaw(api.port, {
      ...{ method: 'POST', path, body },
      headers: [HTTPS, ['Content-Type', type], ['Content-Length', String(body.length)]],
    });

  for (const [path, type, body] of [
    [SIGN_IN, 'application/json', '{"email":"a@b.test"}'],
    [REFRESH, FORM, 'grant_type=refresh_token&refresh_token=x'],
  ] as const) {
    it(`gets POST ${path} unchanged, and its answer returns unchanged`, async () => {
      const { status, text: answer } = await send(inEmulator, path, type, body);
      assert.deepEqual([status, JSON.parse(answer)], [418, ['POST', path, type, body]]);
    });

    it(`does not exist in production: POST ${path}`, async () => {
      assertProblem(await send(inProduction, path, 'application/json', '{}'), 404, 'not_found');
    });
  }

  it('gets no other path', async () => {
    const answer = await send(inEmulator, `/v1${SIGN_IN}`, 'application/json', '{}');
    assertProblem(answer, 404, 'not_found');
  });
});
