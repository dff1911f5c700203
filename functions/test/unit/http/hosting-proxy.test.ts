import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { EDGE_ADDRESS, type HostingProxy, openHostingProxy } from '../../helpers/hosting-proxy.ts';
import { sendRaw } from '../../helpers/responses.ts';

interface Seen {
  url: string;
  method: string;
  /** Names in lower case, in the order and number in which they arrived. */
  headers: [name: string, value: string][];
  body: string;
}

describe('the proxy that behaves as Hosting in production', () => {
  let server: Server;
  let proxy: HostingProxy;
  let answer: (response: ServerResponse) => void;

  before(async () => {
    server = createServer(async (incoming, response) => {
      const chunks = await incoming.toArray();
      answer(response);
      const { url = '', method = '', rawHeaders } = incoming;
      const headers = rawHeaders.flatMap((value, at) =>
        at % 2 === 0 ? [[value.toLowerCase(), rawHeaders[at + 1]]] : [],
      );
      response.end(JSON.stringify({ url, method, headers, body: Buffer.concat(chunks).toString() }));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    proxy = await openHostingProxy(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  });
  beforeEach(() => {
    answer = () => {};
  });
  after(async () => {
    await proxy.close();
    server.close();
  });

  async function seen(headers: [string, string][], body?: string): Promise<Seen> {
    const method = body === undefined ? 'GET' : 'POST';
    const length: [string, string][] = body === undefined ? [] : [['Content-Length', String(body.length)]];
    const { text } = await sendRaw(proxy.port, {
      path: '/api/v1/me?a=1',
      method,
      headers: [...headers, ...length],
      body: body ?? '',
    });
    return JSON.parse(text);
  }
  const valuesOf = ({ headers }: Seen, name: string) =>
    headers.filter(([seenName]) => seenName === name).map(([, value]) => value);

  it('passes no cookie but __session', async () => {
    const some = await seen([['Cookie', 'a=1; __session=s1; x__session=2; csrf=3']]);
    assert.deepEqual(valuesOf(some, 'cookie'), ['__session=s1']);
    assert.deepEqual(valuesOf(await seen([['Cookie', 'a=1; csrf=3']]), 'cookie'), []);
  });

  it('appends the client and the front end to X-Forwarded-For, after what the client sent', async () => {
    assert.deepEqual(valuesOf(await seen([]), 'x-forwarded-for'), [`127.0.0.1, ${EDGE_ADDRESS}`]);
    const forged = await seen([['X-Forwarded-For', '203.0.113.9']]);
    assert.deepEqual(valuesOf(forged, 'x-forwarded-for'), [`203.0.113.9, 127.0.0.1, ${EDGE_ADDRESS}`]);
  });

  it('says https and the host that the client used, whatever the client claims', async () => {
    const forged = await seen([
      ['X-Forwarded-Proto', 'http'],
      ['X-Forwarded-Host', 'evil.example'],
    ]);
    assert.deepEqual(valuesOf(forged, 'x-forwarded-proto'), ['https']);
    assert.deepEqual(valuesOf(forged, 'x-forwarded-host'), ['127.0.0.1']);
  });

  it('passes method, path, body and repeated headers as they are', async () => {
    const some = await seen(
      [
        ['Authorization', 'Bearer a'],
        ['Authorization', 'Bearer b'],
        ['Origin', 'https://app.example'],
      ],
      '{"a":1}',
    );
    assert.deepEqual([some.method, some.url, some.body], ['POST', '/api/v1/me?a=1', '{"a":1}']);
    assert.deepEqual(valuesOf(some, 'authorization'), ['Bearer a', 'Bearer b']);
    assert.deepEqual(valuesOf(some, 'origin'), ['https://app.example']);
  });

  for (const [cacheControl, kept] of [
    ['private, no-store', true],
    ['no-store', false],
    [undefined, false],
  ] as const) {
    it(`${kept ? 'keeps' : 'drops'} Set-Cookie with Cache-Control: ${cacheControl}`, async () => {
      answer = (response) => {
        response.statusCode = 201;
        if (cacheControl) response.setHeader('Cache-Control', cacheControl);
        response.setHeader('Set-Cookie', '__session=s2; HttpOnly');
      };
      const response = await fetch(`${proxy.origin}/`);
      assert.equal(response.status, 201);
      assert.deepEqual(response.headers.getSetCookie(), kept ? ['__session=s2; HttpOnly'] : []);
    });
  }
});
