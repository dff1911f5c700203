import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { structuredLog } from '../../../src/platform/logging/log.ts';
import { type Api, ORIGIN } from '../../helpers/api.ts';
import { assertHeaders, HTTPS, sendRaw } from '../../helpers/responses.ts';
import { assertRefused, type CallOptions, call, openCallables } from './call.ts';

const HTTPS_REQUIRED = [403, 'PERMISSION_DENIED', 'https_required'] as const;
const ORIGIN_DENIED = [403, 'PERMISSION_DENIED', 'origin_denied'] as const;
const TOO_LARGE = [413, 'INVALID_ARGUMENT', 'payload_too_large'] as const;
const INVALID = [400, 'INVALID_ARGUMENT', 'invalid_argument'] as const;

describe('callables: transport', () => {
  let api: Api;
  before(async () => {
    api = await openCallables({ log: structuredLog });
  });
  after(() => api.close());

  const send = (data: unknown = null, options: CallOptions = {}) => call(api, 'getMyAccess', data, options);

  it('refuses plain HTTP', async () => {
    const reply = await send({}, { as: 'owner', https: false });
    assertRefused(reply, HTTPS_REQUIRED);
  });

  for (const origin of [
    'null',
    'https://evil.com',
    `${ORIGIN}.evil.com`,
    'http://app.example.com',
    'file://',
  ]) {
    it(`refuses the origin ${origin}, without CORS headers`, async () => {
      const reply = await send({}, { as: 'owner', headers: [['Origin', origin]] });
      assertRefused(reply, ORIGIN_DENIED);
      assert.equal(reply.headers['access-control-allow-origin'], undefined);
    });

    it(`refuses the preflight of ${origin}`, async () => {
      const headers = [
        ['Origin', origin],
        ['Access-Control-Request-Method', 'POST'],
      ] as const;
      const reply = await send(null, { method: 'OPTIONS', headers, body: '', type: '' });
      assertRefused(reply, ORIGIN_DENIED);
      assert.equal(reply.headers['access-control-allow-origin'], undefined);
    });
  }

  it('answers an allowed origin with exactly that origin, also in a refusal', async () => {
    for (const as of ['member', undefined] as const) {
      const reply = await send({}, { ...(as && { as }), headers: [['Origin', ORIGIN]] });
      assert.equal(reply.status, as === undefined ? 401 : 200);
      assert.equal(reply.headers['access-control-allow-origin'], ORIGIN);
      assertHeaders(reply.headers);
    }
  });

  it('allows the headers that the SDKs send in the preflight of an allowed origin', async () => {
    const { headers, status } = await sendRaw(api.port, {
      method: 'OPTIONS',
      path: '/getMyAccess',
      headers: [HTTPS, ['Origin', ORIGIN], ['Access-Control-Request-Method', 'POST']],
    });
    assert.equal(status, 204);
    assert.equal(headers['access-control-allow-origin'], ORIGIN);
    assert.equal(headers['access-control-allow-methods'], 'POST');
    const names = String(headers['access-control-allow-headers']).split(',');
    for (const name of [
      'Authorization',
      'Content-Type',
      'Firebase-Instance-ID-Token',
      'X-Firebase-AppCheck',
    ]) {
      assert.ok(names.includes(name), name);
    }
    assertHeaders(headers);
  });

  const sized = (bytes: number) => `{"data":"${'x'.repeat(bytes - '{"data":""}'.length)}"}`;

  it('accepts a body of 100 KiB', async () => {
    const reply = await send(null, { as: 'member', body: sized(102_400) });
    assertRefused(reply, INVALID);
  });

  it('refuses a body of 100 KiB and one byte', async () => {
    const reply = await send(null, { as: 'member', body: sized(102_401) });
    assertRefused(reply, TOO_LARGE);
  });

  it('refuses a small gzip of 10 MB', async () => {
    const headers = [['Content-Encoding', 'gzip']] as const;
    assertRefused(await send(null, { as: 'member', headers, body: gzipSync(sized(10_000_000)) }), TOO_LARGE);
  });

  const inputs: [name: string, data: unknown, fields: string[]][] = [
    ['an unknown field', { uid: 'member', disabled: true }, ['data.disabled']],
    ['a slash in a user id', { uid: 'a/b' }, ['data.uid']],
    ['an array', [], ['data']],
    ['a string', 'member', ['data']],
    ['a number', 7, ['data']],
    ['no input', null, ['data.uid']],
  ];
  for (const [name, data, fields] of inputs) {
    it(`refuses ${name}, naming the field`, async () => {
      const reply = await call(api, 'revokeSessions', data, { as: 'owner' });
      assert.deepEqual(assertRefused(reply, INVALID).fields, fields);
    });
  }

  it('refuses or drops __proto__ in the input, without prototype pollution', async () => {
    const body = '{"data":{"uid":"stranger","__proto__":{"polluted":true}}}';
    const reply = await call(api, 'revokeSessions', null, { as: 'owner', body });
    assert.ok([400, 404].includes(reply.status), reply.text);
    assert.equal(Reflect.get({}, 'polluted'), undefined);
  });
});
