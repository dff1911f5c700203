import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { secureResponse } from '../../../src/platform/security-headers.ts';
import { sendRaw } from '../../helpers/responses.ts';

/** The response that a client receives. */
async function receive(
  write: (res: ServerResponse) => void,
  requestId?: string,
  hstsIncludeSubDomains = false,
) {
  const server = createServer((_req, res) => {
    secureResponse(res);
    // A second time, with the request id, as the app does after the framework.
    secureResponse(
      res,
      requestId === undefined ? undefined : { requestId, config: { hstsIncludeSubDomains } },
    );
    write(res);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    return await sendRaw((server.address() as AddressInfo).port, { path: '/' });
  } finally {
    server.close();
  }
}

const ALWAYS = {
  'content-security-policy': "default-src 'none';base-uri 'none';form-action 'none';frame-ancestors 'none'",
  'strict-transport-security': 'max-age=31536000',
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'private, no-store',
  vary: 'Origin',
  'x-request-id': 'r1',
};

describe('security headers', () => {
  const responses: Record<string, (res: ServerResponse) => void> = {
    'no head': (res) => res.end('x'),
    'a status': (res) => res.writeHead(201).end('x'),
    'a status with a text': (res) => res.writeHead(201, 'Made').end('x'),
    'headers as an object': (res) => res.writeHead(201, { 'X-Own': 'own' }).end('x'),
    'headers as a list': (res) => res.writeHead(201, ['X-Own', 'own']).end('x'),
    'a text and a list': (res) => res.writeHead(201, 'Made', ['X-Own', 'own']).end('x'),
    'headers set one by one': (res) => res.setHeader('X-Own', 'own').end('x'),
    'setHeader and writeHead': (res) =>
      res.setHeader('X-Other', 'o').writeHead(201, ['X-Own', 'own']).end('x'),
    'two chunks': (res) => {
      res.write('x');
      res.end('y');
    },
  };
  for (const [what, write] of Object.entries(responses)) {
    it(`are on the answer once each: ${what}`, async () => {
      const { status, headers, text } = await receive(write, 'r1');
      const names = Object.keys(ALWAYS);
      assert.deepEqual(Object.fromEntries(names.map((name) => [name, headers[name]])), ALWAYS);
      // A repeated header would be joined with commas.
      assert.ok(status === 200 || status === 201);
      assert.match(text, /x/);
      if (write.toString().includes('X-Own')) assert.equal(headers['x-own'], 'own');
      if (write.toString().includes('X-Other')) assert.equal(headers['x-other'], 'o');
    });
  }

  it('bind the hosts below the domain only with HSTS_INCLUDE_SUBDOMAINS', async () => {
    for (const [includes, expected] of [
      [false, 'max-age=31536000'],
      [true, 'max-age=31536000; includeSubDomains'],
    ] as const) {
      const { headers } = await receive((res) => res.end('x'), 'r1', includes);
      assert.equal(headers['strict-transport-security'], expected);
    }
  });

  it('keep the text of the status', async () => {
    for (const headers of [['X-Own', 'own'], { 'X-Own': 'own' }, ['Cache-Control', 'public']]) {
      const texts: string[] = [];
      await receive((res) => {
        res.writeHead(201, 'Made', headers as string[]).end();
        texts.push(res.statusMessage);
      });
      assert.deepEqual(texts, ['Made']);
    }
  });

  it('are not repeated if a list of headers contains one of them', async () => {
    const { headers } = await receive((res) =>
      res.writeHead(200, ['cache-control', 'public', 'X-Own', 'own']).end(),
    );
    assert.equal(headers['cache-control'], 'public');
    assert.equal(headers['x-own'], 'own');
    assert.equal(headers['x-frame-options'], 'DENY');
  });

  it('keep Origin when another name is appended to Vary', async () => {
    const { headers } = await receive((res) => res.appendHeader('Vary', 'Accept').end());
    assert.equal(headers.vary, 'Origin, Accept');
  });

  it('do not replace a header that was set later', async () => {
    const one = await receive((res) => res.setHeader('vary', 'Origin, Accept').end());
    assert.equal(one.headers.vary, 'Origin, Accept');
    assert.equal(one.headers['x-frame-options'], 'DENY');
    assert.equal(one.headers['x-request-id'], undefined);
  });
});
