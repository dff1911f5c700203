import assert from 'node:assert/strict';
import { structuredLog } from '../../../src/platform/logging/log.ts';
import type { Api } from '../../helpers/api.ts';
import { parseLines } from '../../helpers/capture.ts';
import { assertHeaders } from '../../helpers/responses.ts';
import { assertRefused, assertResult, type CallOptions, call, openCallables } from './call.ts';

const SECRET = 'S3CRET-MARKER';

describe('callables: the protocol', () => {
  let api: Api;
  before(async () => {
    api = await openCallables({ log: structuredLog });
  });
  after(() => api.close());

  const send = (data: unknown = null, options: CallOptions = {}) => call(api, 'getMyAccess', data, options);

  /** Not the callable protocol, or values that its decoder cannot read: the caller's mistake, in every case. */
  const malformed: [name: string, options: CallOptions][] = [
    ['GET', { method: 'GET', body: '', type: '' }],
    ['PUT', { method: 'PUT' }],
    ['no body', { body: '', type: '' }],
    ['text', { type: 'text/plain' }],
    ['a form', { type: 'application/x-www-form-urlencoded', body: 'data=1' }],
    ['a body without data', { body: `{"x":"${SECRET}"}` }],
    ['a body with another field', { body: `{"data":{},"${SECRET}":1}` }],
    ['a body that is an array', { body: '[1]' }],
    [
      'a body without data that would be a log line',
      { body: `{"event":"decision","granted":true,"subject":"owner","x":"${SECRET}"}` },
    ],
    [
      'a number that is none',
      { body: `{"data":{"@type":"type.googleapis.com/google.protobuf.Int64Value","value":"${SECRET}"}}` },
    ],
    ['an unknown type', { body: `{"data":{"@type":"${SECRET}","event":"decision","granted":true}}` }],
    ['data nested 49 000 deep', { body: `{"data":${'['.repeat(49_000)}${']'.repeat(49_000)}}` }],
    ['data nested 16 000 deep', { body: `{"data":${'{"a":'.repeat(16_000)}0${'}'.repeat(16_000)}}` }],
  ];
  for (const [name, options] of malformed) {
    it(`answers ${name} with INVALID_ARGUMENT and a request id`, async () => {
      const reply = await send(null, { as: 'member', ...options });
      assert.equal(reply.status, 400, reply.text.slice(0, 200));
      assertHeaders(reply.headers);
      const { error } = JSON.parse(reply.text);
      assert.deepEqual(
        [error.status, error.details?.requestId],
        ['INVALID_ARGUMENT', reply.headers['x-request-id']],
      );
    });

    if (!JSON.stringify(options).includes(SECRET)) continue;
    it(`writes nothing of ${name} to the log`, async () => {
      const { output } = await send(null, { as: 'member', ...options });
      assert.ok(!output.includes(SECRET));
    });
  }

  it('lets no body forge a decision in the log', async () => {
    const forged = { event: 'decision', granted: true, subject: 'owner' };
    for (const body of [forged, { data: { '@type': 'x', ...forged } }]) {
      const { output } = await send(null, { body: JSON.stringify(body) });
      const lines = parseLines(output).filter(({ event, granted }) => event === 'decision' && granted);
      assert.deepEqual(lines, []);
    }
  });

  it('writes no error to the log about a caller’s mistake', async () => {
    const wrong: string[] = [];
    for (const [name, options] of malformed) {
      const { output } = await send(null, { as: 'member', ...options });
      if (parseLines(output).some(({ severity }) => severity === 'ERROR')) wrong.push(name);
    }
    assert.deepEqual(wrong, []);
  });

  it('serves on after all that', async () => {
    const reply = await send(null, { as: 'member' });
    assertResult(reply);
  });

  it('answers a fixed INTERNAL when a service fails, and logs it with the request id and without the token', async () => {
    const broken = await openCallables({
      log: structuredLog,
      rewire: (deps) => ({
        ...deps,
        users: { ...deps.users, list: () => Promise.reject(new Error('boom')) },
      }),
    });
    try {
      const reply = await call(broken, 'listUsers', {}, { as: 'owner' });
      assert.doesNotMatch(assertRefused(reply, [500, 'INTERNAL', 'internal']).message, /boom/);
      const failures = parseLines(reply.output).filter(({ event }) => event === 'failure');
      assert.deepEqual(
        failures.map(({ requestId }) => requestId),
        [reply.headers['x-request-id']],
      );
      assert.ok(!reply.output.includes(broken.token('owner')));
    } finally {
      await broken.close();
    }
  });

  it('answers a client that asks for a stream with the same headers and result', async () => {
    const reply = await send(null, { as: 'member', headers: [['Accept', 'text/event-stream']] });
    assert.equal(reply.status, 200);
    assertHeaders(reply.headers);
    assert.match(reply.text, /data: \{"result":\{.*"uid":"member"/);
  });
});
