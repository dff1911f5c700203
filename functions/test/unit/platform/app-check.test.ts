import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { AUTH_DEADLINE_MS } from '../../../src/core/deadline.ts';
import {
  APP_CHECK_KEYS,
  APP_CHECK_REPLAY,
  appCheckKey,
  mintAppCheckToken,
  serveAppCheck,
} from '../../helpers/app-check-tokens.ts';
import { withoutDelay } from '../../helpers/fake-timers.ts';
import { encode, forge, hs256, unsigned } from '../../helpers/forge.ts';
import { createSigningKey, type Google, mintIdToken } from '../../helpers/google.ts';
import { useTestInstance } from '../../helpers/instance.ts';
import { assertRefused } from '../../helpers/refusal.ts';

const otherKey = createSigningKey();
const past = Math.floor(Date.now() / 1000) - 1;
const header = { alg: 'RS256', kid: appCheckKey.kid, typ: 'JWT' };
const [h = '', p = '', s = ''] = (await mintAppCheckToken()).split('.');
const payload = Buffer.from(p, 'base64url');
const changed = encode(payload.toString().replace(':web:', ':ios:'));

const refused: Record<string, readonly [tokens: readonly string[], reason: string]> = {
  'no header': [[], 'one X-Firebase-AppCheck header is needed'],
  'two headers': [
    [await mintAppCheckToken(), await mintAppCheckToken()],
    'one X-Firebase-AppCheck header is needed',
  ],
  'an empty header': [[''], 'app-check-malformed'],
  garbage: [['garbage'], 'app-check-malformed'],
  'a padded token': [[`${h}.${p}.${s}=`], 'app-check-malformed'],
  'two tokens joined by a comma': [[`${h}.${p}.${s}, ${h}.${p}.${s}`], 'app-check-malformed'],
  'a million dots': [['.'.repeat(1_000_000)], 'app-check-malformed'],
  'a token with its own key': [
    [forge({ ...header, jku: 'https://evil.example' }, {})],
    'app-check-malformed',
  ],
  'a changed payload': [[`${h}.${changed}.${s}`], 'app-check/invalid-argument'],
  'another project': [
    [await mintAppCheckToken({ aud: ['projects/123', 'projects/other'] })],
    'app-check/invalid-argument',
  ],
  'our project as a prefix': [
    [await mintAppCheckToken({ aud: ['projects/gatehouse-test-2'] })],
    'app-check/invalid-argument',
  ],
  'an audience that is not a list': [
    [await mintAppCheckToken({ aud: 'projects/gatehouse-test' })],
    'app-check/invalid-argument',
  ],
  'another issuer': [
    [await mintAppCheckToken({ iss: 'https://evil.example/' })],
    'app-check/invalid-argument',
  ],
  'no app': [[await mintAppCheckToken({ sub: undefined })], 'app-check/invalid-argument'],
  expired: [[await mintAppCheckToken({ exp: past })], 'app-check-malformed'],
  'another key': [
    [await mintAppCheckToken({}, { key: { ...otherKey, kid: appCheckKey.kid } })],
    'app-check/invalid-argument',
  ],
  'an unknown kid': [[await mintAppCheckToken({}, { key: otherKey })], 'app-check/invalid-argument'],
  'alg none': [[forge({ ...header, alg: 'none' }, payload, unsigned)], 'app-check/invalid-argument'],
  'no signature': [[`${h}.${p}.`], 'app-check/invalid-argument'],
  'HS256 keyed with the public key': [
    [forge({ ...header, alg: 'HS256' }, payload, hs256(appCheckKey.publicPem))],
    'app-check/invalid-argument',
  ],
  'an ID token': [[await mintIdToken()], 'app-check/invalid-argument'],
};

describe('App Check', () => {
  /** Milliseconds that a test has moved the clock forward. */
  let offset = 0;
  const test = useTestInstance('each');
  beforeEach(() => {
    offset = 0;
    serveAppCheck(test.google);
  });

  const appCheckWith = (env: Record<string, string> = { APP_CHECK: 'true' }) =>
    test.another({ env, clock: () => Date.now() + offset }).appCheck;
  const REPLAY_PROTECTED = { APP_CHECK: 'true', APP_CHECK_CONSUME: 'true' };
  const reading = { changes: false };
  const changing = { changes: true };

  it('makes no request and refuses nothing if it is not enforced', async () => {
    for (const tokens of [[], ['garbage'], ['a', 'b']]) await appCheckWith({}).check(tokens, changing);
    assert.deepEqual(test.google.requests, []);
  });

  it('makes no request in the emulator, which has no App Check', async () => {
    await appCheckWith({ ...REPLAY_PROTECTED, FUNCTIONS_EMULATOR: 'true' }).check([], changing);
    assert.deepEqual(test.google.requests, []);
  });

  it("accepts the project's own apps, and fetches the keys once", async () => {
    const appCheck = appCheckWith();
    await appCheck.check([await mintAppCheckToken()], reading);
    await appCheck.check([await mintAppCheckToken({ jti: '2' })], changing);
    assert.equal(test.google.count(APP_CHECK_KEYS), 1);
    assert.equal(test.google.count(APP_CHECK_REPLAY), 0);
  });

  // Text of these throws an error without a code, which would be a bug of ours in the log.
  const unprintable = { toString: 1, valueOf: 1 };
  for (const [what, token] of Object.entries({
    alg: forge({ ...header, alg: unprintable }, payload),
    kid: forge({ ...header, kid: unprintable }, payload),
    aud: forge(header, { ...JSON.parse(String(payload)), aud: [unprintable] }),
  })) {
    it(`refuses a token with an object as ${what} that has no text`, () =>
      assertRefused(() => appCheckWith().check([token], reading), 'app_check_failed'));
  }

  for (const [what, [tokens, reason]] of Object.entries(refused)) {
    it(`refuses ${what}`, async () => {
      const error = await assertRefused(
        () => appCheckWith().check(tokens, reading),
        'app_check_failed',
        reason,
      );
      const everything = inspect(error, { depth: Number.POSITIVE_INFINITY }) + JSON.stringify(error);
      assert.ok(!everything.includes(s), 'the token is in the error');
    });
  }

  const now = () => Math.floor(Date.now() / 1000);
  const invalidTimes: Record<string, () => Record<string, unknown>> = {
    'without exp, which the SDK accepts': () => ({ exp: undefined }),
    'without iat': () => ({ iat: undefined }),
    'with iat in the future': () => ({ iat: now() + 60 }),
    'with a lifetime above the maximum of seven days': () => ({ iat: now(), exp: now() + 7 * 86_400 + 1 }),
  };
  for (const [what, claims] of Object.entries(invalidTimes)) {
    it(`refuses a token ${what}`, async () => {
      const token = await mintAppCheckToken(claims());
      const reason = 'app-check-malformed';
      await assertRefused(() => appCheckWith().check([token], reading), 'app_check_failed', reason);
    });
  }

  it('accepts a token with a lifetime of seven days', async () => {
    await appCheckWith().check([await mintAppCheckToken({ iat: now(), exp: now() + 7 * 86_400 })], reading);
    assert.equal(test.google.count(APP_CHECK_KEYS), 1);
  });

  it('accepts a token for one change only, with replay protection', async () => {
    const appCheck = appCheckWith(REPLAY_PROTECTED);
    const token = await mintAppCheckToken();
    await appCheck.check([token], changing);
    await assertRefused(() => appCheck.check([token], changing), 'app_check_failed', 'app-check-consumed');
  });

  it('does not consume a token for a read', async () => {
    const appCheck = appCheckWith(REPLAY_PROTECTED);
    const token = await mintAppCheckToken();
    await appCheck.check([token], reading);
    await appCheck.check([token], reading);
    assert.equal(test.google.count(APP_CHECK_REPLAY), 0);
    await appCheck.check([token], changing);
  });

  it('does not ask whether a bad token was consumed', async () => {
    const bad = await mintAppCheckToken({ aud: ['projects/other'] });
    await assertRefused(() => appCheckWith(REPLAY_PROTECTED).check([bad], changing), 'app_check_failed');
    assert.equal(test.google.count(APP_CHECK_REPLAY), 0);
  });

  const keyFailures: Record<string, Parameters<Google['answer']>[1]> = {
    '500': () => (res) => void res.writeHead(500).end('boom'),
    HTML: () => (res) => void res.writeHead(200, { 'Content-Type': 'text/html' }).end('<h1>'),
    'an empty key set': () => ({ keys: [] }),
    'a broken connection': () => (res) => void res.socket?.destroy(),
    'no answer': () => () => undefined,
  };
  for (const [what, answer] of Object.entries(keyFailures)) {
    it(`is "unavailable" while its keys are unavailable, and recovers: ${what}`, async () => {
      const appCheck = appCheckWith();
      test.google.answer(APP_CHECK_KEYS, answer);
      const token = await mintAppCheckToken();
      const refuse = async () => {
        const { retryAfter } = await assertRefused(() => appCheck.check([token], reading), 'unavailable');
        assert.equal(retryAfter, 5);
      };
      // Only the deadline ends this one.
      await (what === 'no answer' ? withoutDelay(refuse, AUTH_DEADLINE_MS) : refuse());
      serveAppCheck(test.google);
      offset = 5_000;
      await appCheck.check([token], reading);
    });
  }

  it('fetches its keys once in five seconds while they are unavailable, whatever the tokens are', async () => {
    const appCheck = appCheckWith();
    test.google.answer(APP_CHECK_KEYS, keyFailures['500'] ?? assert.fail());
    const unseen = async (count: number) => {
      for (let jti = 0; jti < count; jti++) {
        const token = await mintAppCheckToken({ jti: `${offset} ${jti}` });
        await assertRefused(() => appCheck.check([token], reading), 'unavailable');
      }
    };
    await unseen(60);
    assert.equal(test.google.count(APP_CHECK_KEYS), 1);
    const forged = forge({ ...header, kid: 'x' }, payload);
    await assertRefused(() => appCheck.check([forged], reading), 'unavailable');
    offset = 5_000;
    await Promise.all([unseen(30), unseen(30)]);
    assert.equal(test.google.count(APP_CHECK_KEYS), 2);
    serveAppCheck(test.google);
    offset = 10_000;
    await appCheck.check([await mintAppCheckToken()], reading);
    assert.equal(test.google.count(APP_CHECK_KEYS), 3);
  });

  it('goes on after a token that is refused: only missing keys begin the five seconds', async () => {
    const appCheck = appCheckWith();
    for (const [tokens] of Object.values(refused))
      await assertRefused(() => appCheck.check(tokens, reading), 'app_check_failed');
    const unprintable = { toString: 1, valueOf: 1 };
    for (const kid of [undefined, null, 7, {}, '__proto__', 'constructor', unprintable, [unprintable]])
      await assertRefused(
        () => appCheck.check([forge({ ...header, kid }, payload)], reading),
        'app_check_failed',
      );
    await appCheck.check([await mintAppCheckToken()], reading);
  });

  const replayFailures: Record<string, Parameters<Google['answer']>[1]> = {
    '500': () => (res) => void res.writeHead(500, { 'Content-Type': 'application/json' }).end('{"error":{}}'),
    HTML: () => (res) => void res.writeHead(200, { 'Content-Type': 'text/html' }).end('<h1>'),
    'access denied': () => (res) =>
      void res
        .writeHead(403, { 'Content-Type': 'application/json' })
        .end('{"error":{"status":"PERMISSION_DENIED","message":"no"}}'),
  };
  for (const [what, answer] of Object.entries(replayFailures)) {
    it(`is "unavailable" if the replay check fails: ${what}`, async () => {
      test.google.answer(APP_CHECK_REPLAY, answer);
      const token = await mintAppCheckToken();
      await assertRefused(() => appCheckWith(REPLAY_PROTECTED).check([token], changing), 'unavailable');
    });
  }

  it('fetches its keys once for many concurrent unknown kids', async () => {
    const appCheck = appCheckWith();
    const tokens = Array.from({ length: 100 }, (_, i) => forge({ ...header, kid: `kid-${i}` }, payload));
    await Promise.all(
      tokens.map((token) => assertRefused(() => appCheck.check([token], reading), 'app_check_failed')),
    );
    assert.equal(test.google.count(APP_CHECK_KEYS), 1);
  });
});
