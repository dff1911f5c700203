import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { fetchJson } from '../../../../src/authn/oidc/fetch-json.ts';
import { withManualTimeouts } from '../../../helpers/fake-timers.ts';
import { type KeyServer, openKeyServer } from '../../../helpers/key-server.ts';
import { assertRefused } from '../../../helpers/refusal.ts';

const URL_OF_KEYS = 'https://login.example.com/keys';
const KIB = 1024;
const LIMIT = 64 * KIB;

describe('fetchJson', () => {
  let server: KeyServer;
  beforeEach(async () => {
    server = await openKeyServer();
  });
  afterEach(() => server.close());

  const get = () => fetchJson(server.fetch, URL_OF_KEYS, LIMIT, AbortSignal.timeout(5_000));
  const fails = () =>
    assertRefused(get, 'unavailable', /^https:\/\/login.example.com\/keys gave no JSON: \w+: /);
  const text = (body: string | Buffer, headers: Record<string, string> = {}) =>
    server.answer((_req, res) => void res.writeHead(200, headers).end(body));

  it('returns the parsed JSON', async () => {
    server.publish({ keys: [] });
    assert.deepEqual(await get(), { keys: [] });
    text(gzipSync('{"a":"ö"}'), { 'content-encoding': 'gzip', 'content-type': 'text/plain' });
    assert.deepEqual(await get(), { a: 'ö' });
  });

  it('fails without a body', async () => {
    const empty = async () => new Response(null);
    await assertRefused(
      () => fetchJson(empty, URL_OF_KEYS, LIMIT, AbortSignal.timeout(5_000)),
      'unavailable',
    );
  });

  it('accepts as many bytes as the limit, and refuses one more', async () => {
    text(`"${'a'.repeat(64 * KIB - 2)}"`);
    assert.equal(String(await get()).length, 64 * KIB - 2);
    text(`"${'a'.repeat(64 * KIB - 1)}"`);
    await fails();
  });

  const bodies: Record<string, string | Buffer> = {
    'an empty body': '',
    HTML: '<!doctype html><title>Sign in</title>',
    'truncated JSON': '{"keys":[',
    'invalid UTF-8': Buffer.from([0x22, 0xff, 0xfe, 0x22]),
    'unterminated JSON with 30,000 levels': '['.repeat(30_000),
  };
  for (const [what, body] of Object.entries(bodies)) {
    it(`fails with ${what}`, async () => {
      text(body);
      await fails();
    });
  }

  for (const status of [201, 204, 304, 400, 401, 404, 429, 500, 503]) {
    it(`fails with the status ${status}, whatever the body is`, async () => {
      server.answer((_req, res) => void res.writeHead(status).end(status === 204 ? '' : '{"keys":[]}'));
      const { logDetail } = await fails();
      assert.match(logDetail ?? '', new RegExp(`status ${status}$`), 'the status is in the log');
    });
  }

  for (const status of [301, 302, 303, 307, 308]) {
    it(`does not follow a redirect with ${status}`, async () => {
      server.answer((req, res) => {
        if (req.url === '/keys') res.writeHead(status, { location: '/evil' }).end();
        else res.writeHead(200).end('{"keys":[]}');
      });
      await fails();
      assert.deepEqual(server.requests, ['login.example.com/keys']);
    });
  }

  it('fails when the connection is refused or breaks', async () => {
    server.answer((_req, res) => void res.socket?.destroy());
    await fails();
    server.answer((_req, res) => {
      res.writeHead(200, { 'content-length': '100' });
      res.write('{"keys":', () => res.socket?.destroy());
    });
    await fails();
    await server.close();
    await fails();
    server = await openKeyServer();
  });

  it('stops reading 50 MB after 64 KiB; no more than the socket buffers is sent', async () => {
    const chunk = Buffer.alloc(64 * KIB, ' ');
    let sent = 0;
    const closed = Promise.withResolvers<void>();
    server.answer(async (_req, res) => {
      res.on('close', closed.resolve);
      res.writeHead(200);
      while (sent < 50 * KIB * KIB && !res.destroyed) {
        sent += chunk.length;
        if (!res.write(chunk)) await Promise.race([once(res, 'drain'), closed.promise]);
      }
      res.end();
    });
    await fails();
    await closed.promise;
    assert.ok(sent < 25 * KIB * KIB, `${sent} bytes`);
  });

  it('stops a gzip bomb after 64 KiB of decompressed data', async () => {
    const bomb = gzipSync(Buffer.alloc(50 * KIB * KIB, ' '));
    assert.ok(bomb.length < 64 * KIB);
    text(bomb, { 'content-encoding': 'gzip' });
    const before = process.memoryUsage().arrayBuffers;
    await fails();
    assert.ok(process.memoryUsage().arrayBuffers - before < 10 * KIB * KIB);
  });

  const slow: Record<string, (res: ServerResponse, pass: () => void) => void> = {
    'before the headers': (_res, pass) => pass(),
    'in the body': (res, pass) => void res.writeHead(200).write('{"keys":[', pass),
    'even if a byte arrives from time to time': (res, pass) => {
      res.writeHead(200);
      let bytes = 0;
      const drip = () => (bytes++ < 20 ? void res.write(' ', () => setImmediate(drip)) : pass());
      drip();
    },
  };
  for (const [where, answer] of Object.entries(slow)) {
    it(`closes the connection after 5 seconds ${where}`, async () => {
      const closed = Promise.withResolvers<void>();
      const deadlines = await withManualTimeouts(async (pass) => {
        server.answer((_req, res) => {
          res.on('close', closed.resolve);
          answer(res, pass);
        });
        await fails();
      });
      await closed.promise;
      assert.deepEqual(deadlines, [5_000]);
    });
  }
});
