import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { withManualTimeouts } from '../../../helpers/fake-timers.ts';
import { openTestFirestore, type TestFirestore } from '../../../helpers/firestore.ts';
import {
  certificates,
  createSigningKey,
  type Google,
  googleKey,
  KEYS,
  keySet,
  mintIdToken,
  openGoogle,
} from '../../../helpers/google.ts';
import { createInstance, type Instance, present } from '../../../helpers/instance.ts';
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
  let google: Google;
  let firestore: TestFirestore;
  let instance: Instance;
  let good: string;
  /** Milliseconds that the test has moved the clock forward. Without keys, they are fetched again after 5 seconds. */
  let offset = 0;
  beforeEach(async () => {
    offset = 0;
    google = await openGoogle();
    firestore = await openTestFirestore();
    google.users.set('ada', { localId: 'ada' });
    instance = createInstance(google, firestore, { clock: () => Date.now() + offset });
    good = await mintIdToken();
  });
  afterEach(() => Promise.all([google.close(), firestore.close()]));

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
      google.answer(KEYS, answer);
      const error = await assertRefused(() => present(instance, good), 'unavailable');
      assert.ok((error.retryAfter ?? 0) > 0);
      assert.equal(google.count(KEYS), 1);
    });
  }

  it('gets "unavailable" when the connection breaks, and is accepted afterwards', async () => {
    google.answer(KEYS, reset);
    const error = await assertRefused(() => present(instance, good), 'unavailable');
    assert.ok((error.retryAfter ?? 0) > 0);
    google.answer(KEYS, () => keySet([googleKey]));
    offset = 5_000;
    assert.equal((await present(instance, good)).subject, 'ada');
  });

  it('gets "unavailable" at the deadline without an answer, and is accepted afterwards', async () => {
    const asked = Promise.withResolvers<void>();
    google.answer(KEYS, () => () => asked.resolve());
    const deadlines = await withManualTimeouts(async (pass) => {
      const refused = assertRefused(() => present(instance, good), 'unavailable');
      await asked.promise;
      pass();
      assert.ok(((await refused).retryAfter ?? 0) > 0);
    });
    assert.ok(deadlines.includes(5_000), String(deadlines));
    google.answer(KEYS, () => keySet([googleKey]));
    offset = 5_000;
    assert.equal((await present(instance, good)).subject, 'ada');
  });

  /** Without a usable key, the token cannot be verified. */
  const unusable = {
    'an empty key set': { keys: [] },
    'a key without a key type': { keys: [{ kid: googleKey.kid }] },
    'certificates instead of keys': certificates([googleKey]),
  };
  for (const [what, keys] of Object.entries(unusable)) {
    it(`is not accepted with ${what}`, async () => {
      google.answer(KEYS, () => keys);
      await assertRefused(() => present(instance, good), 'unavailable', /publishes no usable key/);
    });
  }

  it('is accepted as soon as the keys are available again', async () => {
    google.answer(KEYS, failures['500 in JSON'] ?? reset);
    await assertRefused(() => present(instance, good), 'unavailable');
    google.answer(KEYS, () => keySet([googleKey]));
    await assertRefused(() => present(instance, good), 'unavailable');
    assert.equal(google.count(KEYS), 1);
    offset = 5_000;
    assert.equal((await present(instance, good)).subject, 'ada');
  });
});

describe("Google's keys, once fetched", () => {
  let google: Google;
  let firestore: TestFirestore;
  let instance: Instance;
  before(async () => {
    google = await openGoogle();
    firestore = await openTestFirestore();
    google.users.set('ada', { localId: 'ada' });
    instance = createInstance(google, firestore);
    await present(instance, await mintIdToken());
  });
  after(() => Promise.all([google.close(), firestore.close()]));

  it('verify new tokens while the endpoint is down', async () => {
    google.answer(KEYS, send(500, JSON_TYPE, '{}'));
    assert.equal((await present(instance, await mintIdToken({ jti: 'new' }))).subject, 'ada');
    assert.equal(google.count(KEYS), 1);
  });

  it('are not replaced for a token that names another key', async () => {
    const stranger = createSigningKey();
    await assertRefused(
      async () => present(instance, await mintIdToken({}, { key: stranger })),
      'invalid_token',
    );
    assert.equal(google.count(KEYS), 1);
  });
});

describe("Google's keys, when they rotate", () => {
  it('verify tokens of the new key, and refuse the removed one ten minutes later', async () => {
    const google = await openGoogle();
    const firestore = await openTestFirestore();
    let offset = 0;
    try {
      google.users.set('ada', { localId: 'ada' });
      const instance = createInstance(google, firestore, { clock: () => Date.now() + offset });
      const next = createSigningKey();
      await present(instance, await mintIdToken());
      google.answer(KEYS, () => keySet([next]));
      offset = 30_000;
      assert.equal((await present(instance, await mintIdToken({}, { key: next }))).subject, 'ada');
      await assertRefused(async () => present(instance, await mintIdToken({ jti: '2' })), 'invalid_token');
      google.answer(KEYS, () => keySet([googleKey]));
      offset += 10 * 60_000;
      assert.equal((await present(instance, await mintIdToken({ jti: '3' }))).subject, 'ada');
      const dropped = mintIdToken({ jti: '4' }, { key: next });
      await assertRefused(async () => present(instance, await dropped), 'invalid_token', 'unknown-kid');
    } finally {
      await google.close();
      await firestore.close();
    }
  });
});
