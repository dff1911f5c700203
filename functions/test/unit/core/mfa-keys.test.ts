import assert from 'node:assert/strict';
import { loadConfig } from '../../../src/config.ts';
import { ConfigError } from '../../../src/core/config-error.ts';
import { requireMfaKeys } from '../../../src/core/mfa-keys.ts';

const secretOf = (byte: number, length = 32) => Buffer.alloc(length, byte).toString('base64url');
const load = (text?: string) => loadConfig({ GCLOUD_PROJECT: 'shop', MFA_ENCRYPTION_KEYS: text });

describe('keys of second factors', () => {
  it('are read in their order, frozen', () => {
    const { mfaKeys } = load(`k2:${secretOf(2)}, k1:${secretOf(1)}\n`);
    assert.deepEqual(mfaKeys, [
      { id: 'k2', secret: secretOf(2) },
      { id: 'k1', secret: secretOf(1) },
    ]);
    for (const value of [mfaKeys, ...mfaKeys]) assert.ok(Object.isFrozen(value));
  });

  const bad: Record<string, [string, RegExp]> = {
    'a key without an id': [secretOf(1), /key 1 is not an id and a base64url text/],
    'a second key with an invalid id': [`k1:${secretOf(1)},K 2:${secretOf(2)}`, /key 2 is not an id/],
    'base64 with other characters': [`k1:${Buffer.alloc(32, 255).toString('base64')}`, /key 1 is not/],
    'a short key': [`k1:${secretOf(1, 31)}`, /key k1 has 31 bytes, and has to have 32/],
    'a long key': [`k1:${secretOf(1, 33)}`, /key k1 has 33 bytes, and has to have 32/],
    'two keys with the same id': [`k1:${secretOf(1)},k1:${secretOf(2)}`, /has two keys with the same id/],
    'the same key twice': [`k1:${secretOf(1)},k2:${secretOf(1)}`, /has the same key twice/],
    // The last character of 32 bytes has two bits that do not count.
    'the same key in another spelling': [`k1:${secretOf(0)},k2:${'A'.repeat(42)}B`, /has the same key twice/],
  };
  for (const [title, [text, message]] of Object.entries(bad)) {
    it(`stop the start with ${title}, in one line without the key`, () => {
      assert.throws(
        () => load(text),
        (error) => {
          assert.ok(error instanceof ConfigError);
          assert.match(error.message, message);
          assert.match(error.message, /^Invalid configuration: MFA_ENCRYPTION_KEYS: [^\n]+$/);
          for (const byte of [1, 2, 255]) assert.ok(!error.message.includes(secretOf(byte).slice(0, 10)));
          return true;
        },
      );
    });
  }

  it('may be missing in a process that only verifies, and not in one that needs them', () => {
    for (const text of [undefined, '', ' \n']) {
      const { mfaKeys } = load(text);
      assert.deepEqual(mfaKeys, []);
      assert.throws(() => requireMfaKeys(mfaKeys), {
        message: 'Invalid configuration: MFA_ENCRYPTION_KEYS: is missing',
      });
    }
    requireMfaKeys(load(`k1:${secretOf(1)}`).mfaKeys);
  });
});
