import assert from 'node:assert/strict';
import { structuredLog } from '../../../src/platform/logging/log.ts';
import type { Api } from '../../helpers/api.ts';
import { parseLines } from '../../helpers/capture.ts';
import { assertHeaders } from '../../helpers/responses.ts';
import { assertRefused, assertResult, type CallOptions, call, openCallables } from './call.ts';

const SECRET = 'S3CRET-MARKER';

describe('callables: protocol', () => {
  let api: Api;
  before(async () => {
    api = await openCallables({ log: structuredLog });
  });
  after(() => api.close());

  const send = (data: unknown = null, options: CallOptions = {}) => call(api, 'getMyAccess', data, options);

  /** Requests outside of the callable protocol, or values that its decoder cannot read: errors of the caller. */
  const malformed: [name: string, options: CallOptions][] = [
    ['GET', { method: 'GET', body: '', type: '' }],
    ['PUT', { method: 'PUT' }],
    ['no body', { body: '', type: '' }],
    ['a query', { query: 'x=1' }],
    ['1100 empty parameters and one', { query: `${'&'.repeat(1100)}x=1` }],
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
      'an invalid number',
      { body: `{"data":{"@type":"type.googleapis.com/google.protobuf.Int64Value","value":"${SECRET}"}}` },
    ],
    [
      'a number that is an object without a text',
      { body: '{"data":{"@type":"type.googleapis.com/google.protobuf.Int64Value","value":{"toString":1}}}' },
    ],
    ['an unknown type', { body: `{"data":{"@type":"${SECRET}","event":"decision","granted":true}}` }],
    ['data with 49,000 levels', { body: `{"data":${'['.repeat(49_000)}${']'.repeat(49_000)}}` }],
    ['data with 16,000 levels', { body: `{"data":${'{"a":'.repeat(16_000)}0${'}'.repeat(16_000)}}` }],
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
    it(`logs nothing of ${name}`, async () => {
      const { output } = await send(null, { as: 'member', ...options });
      assert.ok(!output.includes(SECRET));
    });
  }

  it('prevents a body from forging a decision in the log', async () => {
    const forged = { event: 'decision', granted: true, subject: 'owner' };
    for (const body of [forged, { data: { '@type': 'x', ...forged } }]) {
      const { output } = await send(null, { body: JSON.stringify(body) });
      const lines = parseLines(output).filter(({ event, granted }) => event === 'decision' && granted);
      assert.deepEqual(lines, []);
    }
  });

  it('logs no error for an invalid request', async () => {
    const loggedErrors: string[] = [];
    for (const [name, options] of malformed) {
      const { output } = await send(null, { as: 'member', ...options });
      if (parseLines(output).some(({ severity }) => severity === 'ERROR')) loggedErrors.push(name);
    }
    assert.deepEqual(loggedErrors, []);
  });

  it('answers a valid call after all invalid ones', async () => {
    const reply = await send(null, { as: 'member' });
    assertResult(reply);
  });

  it('answers a fixed INTERNAL when a service fails, and logs the request id, not the token', async () => {
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

  it('answers a client that accepts a stream with the same headers and result', async () => {
    const reply = await send(null, { as: 'member', headers: [['Accept', 'text/event-stream']] });
    assert.equal(reply.status, 200);
    assertHeaders(reply.headers);
    assert.match(reply.text, /data: \{"result":\{.*"uid":"member"/);
  });
});
