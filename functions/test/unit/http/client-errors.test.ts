import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { structuredLog } from '../../../src/platform/logging/log.ts';
import { type Api, openApi } from '../../helpers/api.ts';
import { captureOutput, parseLines } from '../../helpers/capture.ts';
import { type FrameworkProcess, startFramework } from '../../helpers/framework.ts';

/** Sends bytes and waits for the end of the connection. @param cutAfter ms after which the client closes it */
function send(port: number, bytes: string, cutAfter?: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(bytes);
      if (cutAfter !== undefined) void setTimeout(cutAfter).then(() => socket.destroy());
    });
    socket.resume();
    // The server may reset a connection that it refuses.
    socket.on('error', () => undefined);
    socket.on('close', () => resolve());
  });
}

function request(method: string, path: string, headers: readonly string[], body = ''): string {
  const lines = ['Host: x', 'Connection: close', 'X-Forwarded-Proto: https', ...headers];
  return `${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body}`;
}

const JSON_TYPE = 'Content-Type: application/json';
const FORM = 'Content-Type: application/x-www-form-urlencoded';
const CHUNKED = 'Transfer-Encoding: chunked';
const post = (headers: readonly string[], body: string, path = '/v1/me/revoke') =>
  request('POST', path, headers, body);
const sized = (type: string, body: string, path?: string) =>
  post([type, `Content-Length: ${body.length}`], body, path);
const fields = Array.from({ length: 1100 }, (_, n) => `a${n}=1`).join('&');

/** What a client can send without a token. */
const requests: [what: string, bytes: string, cutAfter?: number][] = [
  ['broken JSON', sized(JSON_TYPE, '{"a":')],
  ['JSON that is no object', sized(JSON_TYPE, '"x"')],
  ['a broken CloudEvent', sized('Content-Type: application/cloudevents+json', '{"a":')],
  ['invalid UTF-8', sized(JSON_TYPE, '{"a":"\u00ff"}')],
  ['an upload that is cut off', post([JSON_TYPE, 'Content-Length: 99'], '{"a":'), 50],
  ['a chunked upload that is cut off', post([JSON_TYPE, CHUNKED], '5\r\n{"a":'), 50],
  ['a form that is cut off', post([FORM, 'Content-Length: 99'], 'a=1'), 50],
  ['bytes that are cut off', post(['Content-Type: x/y', 'Content-Length: 99'], 'abc'), 50],
  ['a wrong chunk size', post([JSON_TYPE, CHUNKED], 'zz\r\n{"a":')],
  ['a body that is too large', post([JSON_TYPE, 'Content-Length: 200000'], 'x')],
  ['chunks that are too large', post([JSON_TYPE, CHUNKED], `30d40\r\n${'x'.repeat(200_000)}\r\n0\r\n\r\n`)],
  ['an unknown encoding', post([JSON_TYPE, 'Content-Encoding: zstd', 'Content-Length: 2'], '{}')],
  ['gzip that is none', post([JSON_TYPE, 'Content-Encoding: gzip', 'Content-Length: 2'], '{}')],
  ['an unknown charset', sized(`${JSON_TYPE}; charset=foo`, '{}')],
  ['a wrong Content-Length', post([JSON_TYPE, 'Content-Length: ten'], '{}')],
  ['a form with 1100 fields', sized(FORM, fields, '/v1/token/exchange')],
  ['a deep form', sized(FORM, `a${'[b]'.repeat(100)}=1`, '/v1/token/exchange')],
  ['the target *', request('OPTIONS', '*', [])],
  ['a path that is not UTF-8', request('GET', '/v1/%ff', [])],
  ['1100 headers', request('GET', '/v1/health', Array(1100).fill('a:'))],
  ['no HTTP', 'GARBAGE\r\n\r\n'],
  ['a response that is aborted', request('GET', '/v1/openapi.json', []), 1],
];

/** Express fails on it before the app sees it; under the framework, our check comes first. */
const ABSOLUTE = ['an absolute URL', request('GET', 'http://[::', []), undefined] as const;

const isBad = ({ severity }: Record<string, unknown>) => severity !== 'INFO';

describe('http: a client cannot write ERROR lines: on a plain server', () => {
  let api: Api;
  before(async () => {
    api = await openApi({ log: structuredLog });
  });
  after(() => api.close());

  for (const [what, bytes, cutAfter] of requests) {
    it(`by ${what}`, async () => {
      const output = await captureOutput(async () => {
        await send(api.port, bytes, cutAfter);
        // When this is answered, the server has handled the end of the first connection.
        await api.as().get('/v1/health');
      });
      assert.deepEqual(parseLines(output).filter(isBad), []);
    });
  }
});

for (const target of ['api', 'getMyAccess']) {
  describe(`http: a client cannot write ERROR lines: ${target} under functions-framework`, function () {
    this.timeout(60_000);
    let framework: FrameworkProcess;
    before(async () => {
      framework = await startFramework({ FUNCTION_TARGET: target });
      assert.ok(framework.alive(), framework.output());
    });
    after(() => framework.stop());

    for (const [what, bytes, cutAfter] of [...requests, ABSOLUTE]) {
      it(`by ${what}`, async () => {
        const before = framework.output().length;
        await send(framework.port, bytes, cutAfter);
        await send(framework.port, request('GET', '/v1/health', []));
        const lines = parseLines(
          framework
            .output()
            .slice(before)
            .replace(/[^\n]*$/, ''),
        );
        assert.deepEqual(lines.filter(isBad), []);
      });
    }
  });
}
