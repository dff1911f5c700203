import assert from 'node:assert/strict';
import { loadConfig } from '../../src/config.ts';
import { isPasskeyOrigin } from '../../src/passkeys/relying-party.ts';
import { openApi } from '../helpers/api.ts';
import { productOf } from '../helpers/product.ts';

const load = (env: Record<string, string> = {}) =>
  loadConfig({ GCLOUD_PROJECT: 'shop', ...env }, productOf());
const ANDROID = `android:apk-key-hash:${'a'.repeat(43)}`;

describe('the domain and the origins of passkeys', () => {
  it('are those of the Hosting site, without settings', () => {
    assert.deepEqual(load().passkeys, {
      rpId: 'shop.web.app',
      origins: ['https://shop.web.app'],
      relatedOrigins: [],
    });
  });

  it('are the allowed pages at or below PASSKEY_RP_ID, and PASSKEY_ORIGINS', () => {
    const { passkeys } = load({
      PASSKEY_RP_ID: 'example.com',
      ALLOWED_ORIGINS:
        'https://example.com,https://app.example.com,https://example.org,https://evilexample.com',
      PASSKEY_ORIGINS: `https://example.org, ${ANDROID}, https://old.example.com`,
    });
    assert.deepEqual(passkeys, {
      rpId: 'example.com',
      origins: [
        ...['https://example.com', 'https://app.example.com'],
        ...['https://example.org', ANDROID, 'https://old.example.com'],
      ],
      relatedOrigins: ['https://example.org'],
    });
    const config = { passkeys, emulator: false };
    for (const origin of passkeys.origins) assert.ok(isPasskeyOrigin(config, origin), origin);
    for (const origin of ['https://evilexample.com', 'http://example.com', 'http://localhost:5002', 'null'])
      assert.ok(!isPasskeyOrigin(config, origin), origin);
  });

  it('are localhost with any port in the emulators, whatever PASSKEY_RP_ID says', () => {
    const config = load({ FUNCTIONS_EMULATOR: 'true', PASSKEY_RP_ID: 'example.com' });
    assert.equal(config.passkeys.rpId, 'localhost');
    assert.ok(isPasskeyOrigin(config, 'http://localhost:5002'));
    for (const origin of ['http://localhost.evil.example', 'http://127.0.0.1:5002', 'https://evil.example'])
      assert.ok(!isPasskeyOrigin(config, origin), origin);
  });

  for (const [name, value] of [
    ['PASSKEY_RP_ID', 'https://example.com'],
    ['PASSKEY_RP_ID', 'web.app'],
    ['PASSKEY_RP_ID', 'example.org'],
    ['PASSKEY_ORIGINS', 'http://example.org'],
    ['PASSKEY_ORIGINS', 'https://example.org/'],
    ['PASSKEY_ORIGINS', 'android:apk-key-hash:x'],
    ['PASSKEY_ORIGINS', 'localhost'],
  ] as const) {
    it(`stops the start with ${name}=${value}`, () => {
      const env = { ALLOWED_ORIGINS: 'https://app.example.com', [name]: value };
      assert.throws(
        () => load(env),
        (error: Error) => error.message.includes(name),
      );
    });
  }

  it('are served to browsers at /.well-known/webauthn, as far as they are of other domains', async () => {
    const api = await openApi({
      env: { PASSKEY_RP_ID: 'example.com', PASSKEY_ORIGINS: `https://example.org,${ANDROID}` },
    });
    try {
      const answer = await api.as().get('/.well-known/webauthn');
      assert.equal(answer.status, 200);
      assert.match(String(answer.headers['content-type']), /^application\/json/);
      assert.deepEqual(answer.body, { origins: ['https://example.org'] });
    } finally {
      await api.close();
    }
  });
});
