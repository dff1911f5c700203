import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { withManualTimeouts } from '../../../helpers/fake-timers.ts';
import {
  certificates,
  createSigningKey,
  type Google,
  googleKey,
  KEYS,
  keySet,
  mintIdToken,
} from '../../../helpers/google.ts';
import { authenticateToken, useTestInstance } from '../../../helpers/instance.ts';
import { assertRefused } from '../../../helpers/refusal.ts';

const send =
  (status: number, type: string, body: string | Buffer, headers: Record<string, string> = {}) =>
  () =>
  (res: ServerResponse) =>
    void res.writeHead(status, { 'Content-Type': type, ...headers }).end(body);
const reset = () => (res: ServerResponse) => void res.socket?.destroy();
const JSON_TYPE = 'application/json';
const CACHED = { 'Cache-Control': 'public, max-age=3600' };

/** A cold instance without keys: it cannot verify a token, and this is not the caller's fault. */
describe("while Google's keys are unavailable, a valid token", () => {
  let good: string;
  /** Milliseconds that the test has moved the clock forward. Without keys, they are fetched again after 5 seconds. */
  let offset = 0;
  const test = useTestInstance('each', { clock: () => Date.now() + offset });
  beforeEach(async () => {
    offset = 0;
    test.google.users.set('ada', { localId: 'ada' });
    good = await mintIdToken();
  });

  const failures: Record<string, Parameters<Google['answer']>[1]> = {
    '500 in JSON': send(500, JSON_TYPE, '{"error":{"code":500,"message":"boom"}}'),
    '500 in HTML': send(500, 'text/html', '<h1>boom</h1>'),
    '429': send(429, JSON_TYPE, '{"error":"quota"}'),
    '404': send(404, 'text/html', 'not here'),
    'a redirect': send(302, 'text/html', '', { Location: 'https://evil.example/keys' }),
    'HTML with 200': send(200, 'text/html', '<h1>hello</h1>', CACHED),
    '20 MB of HTML with 200': send(200, 'text/html', Buffer.alloc(20_000_000, '<'), CACHED),
    'an error with 200': send(200, JSON_TYPE, '{"error":"invalid_request","error_description":"no"}', CACHED),
    'nothing with 200': send(200, JSON_TYPE, '', CACHED),
    'JSON cut short': send(200, JSON_TYPE, '{"a":', CACHED),
    'JSON null': send(200, JSON_TYPE, 'null', CACHED),
  };
  for (const [what, answer] of Object.entries(failures)) {
    it(`gets "unavailable": ${what}`, async () => {
      test.google.answer(KEYS, answer);
      const error = await assertRefused(() => authenticateToken(test.instance, good), 'unavailable');
      assert.ok((error.retryAfter ?? 0) > 0);
      assert.equal(test.google.count(KEYS), 1);
    });
  }

  it('gets "unavailable" when the connection breaks, and is accepted afterwards', async () => {
    test.google.answer(KEYS, reset);
    const error = await assertRefused(() => authenticateToken(test.instance, good), 'unavailable');
    assert.ok((error.retryAfter ?? 0) > 0);
    test.google.answer(KEYS, () => keySet([googleKey]));
    offset = 5_000;
    assert.equal((await authenticateToken(test.instance, good)).subject, 'ada');
  });

  it('gets "unavailable" at the deadline without an answer, and is accepted afterwards', async () => {
    const asked = Promise.withResolvers<void>();
    test.google.answer(KEYS, () => () => asked.resolve());
    const deadlines = await withManualTimeouts(async (pass) => {
      const refused = assertRefused(() => authenticateToken(test.instance, good), 'unavailable');
      await asked.promise;
      pass();
      assert.ok(((await refused).retryAfter ?? 0) > 0);
    });
    assert.ok(deadlines.includes(5_000), String(deadlines));
    test.google.answer(KEYS, () => keySet([googleKey]));
    offset = 5_000;
    assert.equal((await authenticateToken(test.instance, good)).subject, 'ada');
  });

  /** Without a usable key, the token cannot be verified. */
  const unusable = {
    'an empty key set': { keys: [] },
    'a key without a key type': { keys: [{ kid: googleKey.kid }] },
    'certificates instead of keys': certificates([googleKey]),
  };
  for (const [what, keys] of Object.entries(unusable)) {
    it(`is not accepted with ${what}`, async () => {
      test.google.answer(KEYS, () => keys);
      await assertRefused(
        () => authenticateToken(test.instance, good),
        'unavailable',
        /publishes no usable key/,
      );
    });
  }

  it('is accepted as soon as the keys are available again', async () => {
    test.google.answer(KEYS, failures['500 in JSON'] ?? reset);
    await assertRefused(() => authenticateToken(test.instance, good), 'unavailable');
    test.google.answer(KEYS, () => keySet([googleKey]));
    await assertRefused(() => authenticateToken(test.instance, good), 'unavailable');
    assert.equal(test.google.count(KEYS), 1);
    offset = 5_000;
    assert.equal((await authenticateToken(test.instance, good)).subject, 'ada');
  });
});

describe("Google's keys, once fetched", () => {
  const test = useTestInstance();
  before(async () => {
    test.google.users.set('ada', { localId: 'ada' });
    await authenticateToken(test.instance, await mintIdToken());
  });

  it('verify new tokens while the endpoint is down', async () => {
    test.google.answer(KEYS, send(500, JSON_TYPE, '{}'));
    assert.equal((await authenticateToken(test.instance, await mintIdToken({ jti: 'new' }))).subject, 'ada');
    assert.equal(test.google.count(KEYS), 1);
  });

  it('are not replaced for a token that names another key', async () => {
    const stranger = createSigningKey();
    await assertRefused(
      async () => authenticateToken(test.instance, await mintIdToken({}, { key: stranger })),
      'invalid_token',
    );
    assert.equal(test.google.count(KEYS), 1);
  });
});

describe("Google's keys, when they rotate", () => {
  let offset = 0;
  const test = useTestInstance('all', { clock: () => Date.now() + offset });

  it('verify tokens of the new key, and refuse the removed one ten minutes later', async () => {
    test.google.users.set('ada', { localId: 'ada' });
    const next = createSigningKey();
    await authenticateToken(test.instance, await mintIdToken());
    test.google.answer(KEYS, () => keySet([next]));
    offset = 30_000;
    assert.equal(
      (await authenticateToken(test.instance, await mintIdToken({}, { key: next }))).subject,
      'ada',
    );
    await assertRefused(
      async () => authenticateToken(test.instance, await mintIdToken({ jti: '2' })),
      'invalid_token',
    );
    test.google.answer(KEYS, () => keySet([googleKey]));
    offset += 10 * 60_000;
    assert.equal((await authenticateToken(test.instance, await mintIdToken({ jti: '3' }))).subject, 'ada');
    const dropped = mintIdToken({ jti: '4' }, { key: next });
    await assertRefused(
      async () => authenticateToken(test.instance, await dropped),
      'invalid_token',
      'unknown-kid',
    );
  });
});
