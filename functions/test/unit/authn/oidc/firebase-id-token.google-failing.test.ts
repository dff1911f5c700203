import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { AUTH_DEADLINE_MS } from '../../../../src/core/deadline.ts';
import { withoutDelay } from '../../../helpers/fake-timers.ts';
import { openTestFirestore, type TestFirestore } from '../../../helpers/firestore.ts';
import {
  CERTIFICATES,
  certificates,
  createSigningKey,
  type Google,
  googleKey,
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
const hang = () => () => undefined;
const reset = () => (res: ServerResponse) => void res.socket?.destroy();
const JSON_TYPE = 'application/json';
const CACHED = { 'Cache-Control': 'public, max-age=3600' };

/** Cold start: no keys yet. What is not known cannot be a pass, and is not the caller's fault. */
describe("while Google's certificates cannot be had, a good token", () => {
  let google: Google;
  let firestore: TestFirestore;
  let instance: Instance;
  let good: string;
  beforeEach(async () => {
    google = await openGoogle();
    firestore = await openTestFirestore();
    google.users.set('ada', { localId: 'ada' });
    instance = createInstance(google, firestore);
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
    it(`meets "unavailable": ${what}`, async () => {
      google.answer(CERTIFICATES, answer);
      const error = await assertRefused(() => present(instance, good), 'unavailable');
      assert.ok((error.retryAfter ?? 0) > 0);
      assert.equal(google.count(CERTIFICATES), 1);
    });
  }

  for (const [what, answer] of Object.entries({ 'no answer': hang, 'connections that break': reset })) {
    it(`meets "unavailable" within the deadline, and passes afterwards: ${what}`, async () => {
      google.answer(CERTIFICATES, answer);
      await withoutDelay(async () => {
        const error = await assertRefused(() => present(instance, good), 'unavailable');
        assert.ok((error.retryAfter ?? 0) > 0);
      }, AUTH_DEADLINE_MS);
      google.answer(CERTIFICATES, () => certificates([googleKey]));
      assert.equal((await present(instance, good)).subject, 'ada');
    });
  }

  /** To firebase-admin these look like a token signed with an unknown key, or signed badly. */
  const useless = { 'an empty key set': {}, 'a key that is none': { [googleKey.kid]: 'no key' } };
  for (const [what, keys] of Object.entries(useless)) {
    it(`does not pass: ${what}`, async () => {
      google.answer(CERTIFICATES, () => keys);
      await assertRefused(() => present(instance, good), 'invalid_token', 'auth/argument-error');
    });
  }

  it('passes as soon as they are there again', async () => {
    google.answer(CERTIFICATES, failures['500 in JSON'] ?? hang);
    await assertRefused(() => present(instance, good), 'unavailable');
    google.answer(CERTIFICATES, () => certificates([googleKey]));
    assert.equal((await present(instance, good)).subject, 'ada');
  });
});

describe("Google's certificates, once fetched", () => {
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

  it('go on verifying new tokens while the endpoint is down', async () => {
    google.answer(CERTIFICATES, send(500, JSON_TYPE, '{}'));
    assert.equal((await present(instance, await mintIdToken({ jti: 'new' }))).subject, 'ada');
    assert.equal(google.count(CERTIFICATES), 1);
  });

  it('are not replaced by keys that a token names', async () => {
    const stranger = createSigningKey();
    await assertRefused(
      async () => present(instance, await mintIdToken({}, { key: stranger })),
      'invalid_token',
    );
    assert.equal(google.count(CERTIFICATES), 1);
  });
});

/** firebase-admin has one code for both, so the words of its messages decide; this holds us to the real ones. */
describe("Google's certificates, when they rotate", () => {
  it('verify by the new key and refuse the dropped one', async () => {
    const google = await openGoogle();
    const firestore = await openTestFirestore();
    try {
      google.users.set('ada', { localId: 'ada' });
      const instance = createInstance(google, firestore);
      const next = createSigningKey();
      const uncached = { 'Cache-Control': 'public, max-age=0' };
      google.answer(CERTIFICATES, send(200, JSON_TYPE, JSON.stringify(certificates([googleKey])), uncached));
      await present(instance, await mintIdToken());
      google.answer(CERTIFICATES, send(200, JSON_TYPE, JSON.stringify(certificates([next])), uncached));
      assert.equal((await present(instance, await mintIdToken({}, { key: next }))).subject, 'ada');
      await assertRefused(async () => present(instance, await mintIdToken({ jti: '2' })), 'invalid_token');
    } finally {
      await google.close();
      await firestore.close();
    }
  });
});
