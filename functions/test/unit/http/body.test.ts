import assert from 'node:assert/strict';
import type { Server } from 'node:http';
import { gzipSync } from 'node:zlib';
import { onRequest } from 'firebase-functions/https';
import { createApp } from '../../../src/http/app.ts';
import { type Api, openApi } from '../../helpers/api.ts';
import { frameworkServer } from '../../helpers/framework.ts';
import type { TestInstance } from '../../helpers/open-instance.ts';
import { assertProblem, HTTPS, sendRaw } from '../../helpers/responses.ts';

const LIMIT = 100 * 1024;
const JSON_TYPE = ['Content-Type', 'application/json'] as const;

/** In production, the functions framework reads the body before Express; without it, the app reads the body itself. */
function underFramework(deps: TestInstance): Server {
  const app = createApp(deps);
  return frameworkServer(onRequest((req, res) => void app(req, res)));
}

for (const [server, serve] of [
  ['on a plain server', undefined],
  ['under the functions framework', underFramework],
] as const) {
  describe(`http: the body ${server}`, () => {
    let api: Api;
    before(async () => {
      api = await openApi(serve && { serve });
    });
    after(() => api.close());

    const put = (headers: readonly (readonly [string, string])[], body: string | Buffer, length = true) =>
      sendRaw(api.port, {
        method: 'PUT',
        path: '/v1/users/member/roles',
        headers: [
          HTTPS,
          ['Authorization', `Bearer ${api.token('owner')}`],
          ...headers,
          ...(length ? [['Content-Length', String(Buffer.byteLength(body))] as const] : []),
        ],
        body,
      });
    const sized = (bytes: number) =>
      JSON.stringify({ version: 1, roles: 'x'.repeat(bytes - '{"version":1,"roles":""}'.length) });
    const chunked = (body: string) =>
      put(
        [JSON_TYPE, ['Transfer-Encoding', 'chunked']],
        `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
        false,
      );

    it('accepts 100 KiB', async () => {
      assertProblem(await put([JSON_TYPE], sized(LIMIT)), 400, 'invalid_argument');
    });

    it('refuses 100 KiB and one byte', async () => {
      assertProblem(await put([JSON_TYPE], sized(LIMIT + 1)), 413, 'payload_too_large');
    });

    it('accepts 100 KiB in a chunk, without Content-Length', async () => {
      assertProblem(await chunked(sized(LIMIT)), 400, 'invalid_argument');
    });

    it('refuses 100 KiB and one byte in a chunk, without Content-Length', async () => {
      assertProblem(await chunked(sized(LIMIT + 1)), 413, 'payload_too_large');
    });

    it('refuses a body that is too large before it checks the token', async () => {
      const answer = await sendRaw(api.port, {
        method: 'POST',
        path: '/v1/me/revoke',
        headers: [HTTPS, JSON_TYPE, ['Content-Length', String(LIMIT + 1)]],
        body: sized(LIMIT + 1),
      });
      assertProblem(answer, 413, 'payload_too_large');
    });

    for (const type of [
      'application/json',
      'Application/JSON',
      'application/json; charset=utf-8',
      'application/json ;x=y',
    ]) {
      it(`accepts ${type}`, async () => {
        assertProblem(await put([['Content-Type', type]], '{"version":1}'), 400, 'invalid_argument');
      });
    }

    const otherTypes = [
      'text/plain',
      'text/plain; application/json',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'application/jsonp',
      'application/json5',
      'application/json,text/plain',
      'application/ld+json',
      'text/json',
      'x-application/json',
      '',
    ];
    for (const type of otherTypes) {
      it(`refuses the type ${type || 'of an empty header'}`, async () => {
        assertProblem(await put([['Content-Type', type]], '{"roles":[]}'), 415, 'unsupported_media_type');
      });
    }

    it('refuses a body without a type', async () => {
      assertProblem(await put([], '{}'), 415, 'unsupported_media_type');
    });

    it('refuses gzip', async () => {
      const answer = await put(
        [JSON_TYPE, ['Content-Encoding', 'gzip']],
        gzipSync('{"roles":[],"rolesVersion":1}'),
      );
      assertProblem(answer, 415, 'unsupported_media_type');
    });

    it('refuses a small gzip of 10 MB', async () => {
      const { status } = await put([JSON_TYPE, ['Content-Encoding', 'gzip']], gzipSync(sized(10_000_000)));
      assert.ok([413, 415].includes(status), String(status));
    });

    it('refuses JSON in invalid UTF-8', async () => {
      const body = Buffer.concat([Buffer.from('{"reason":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')]);
      assertProblem(await put([JSON_TYPE], body), 400, 'invalid_request');
    });

    it('refuses JSON in UTF-16', async () => {
      const { status } = await put(
        [['Content-Type', 'application/json; charset=utf-16le']],
        Buffer.from('{}', 'utf16le'),
      );
      assert.ok([400, 415].includes(status), String(status));
    });

    it('refuses a Content-Length that is not a number', async () => {
      assert.equal((await put([JSON_TYPE, ['Content-Length', 'ten']], '{}', false)).status, 400);
    });

    it('refuses two different Content-Lengths', async () => {
      const headers = [JSON_TYPE, ['Content-Length', '2'], ['Content-Length', '3']] as const;
      assert.equal((await put(headers, '{}x', false)).status, 400);
    });

    it('refuses Content-Length with chunked encoding, as in request smuggling', async () => {
      const headers = [JSON_TYPE, ['Content-Length', '2'], ['Transfer-Encoding', 'chunked']] as const;
      assert.equal((await put(headers, '2\r\n{}\r\n0\r\n\r\n', false)).status, 400);
    });
  });
}
