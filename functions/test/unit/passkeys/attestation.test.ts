import assert from 'node:assert/strict';
import { isoCBOR } from '@simplewebauthn/server/helpers';
import { openAuthenticator } from '../../helpers/authenticator.ts';
import { outcome } from '../../helpers/exchange-api.ts';
import { openPasskeyApi, type PasskeyApi } from '../../helpers/passkeys.ts';
import { ORIGIN } from '../../helpers/session-browser.ts';

/** No attestation is asked for. One that comes nevertheless is verified. */
describe('an attestation that was not asked for', () => {
  let passkeys: PasskeyApi;
  before(async () => {
    passkeys = await openPasskeyApi();
  });
  after(() => passkeys.close());

  /** Sends a registration with another statement. */
  async function send(format: string, statement: Map<string, unknown>) {
    const { body: options } = await passkeys.post('/me/factors/passkeys/options', {}, 'member');
    const registration = openAuthenticator({ origin: ORIGIN }).create(options);
    const { attestationObject } = registration.response;
    const decoded = isoCBOR.decodeFirst<Map<string, unknown>>(
      new Uint8Array(Buffer.from(attestationObject, 'base64url')),
    );
    decoded.set('fmt', format).set('attStmt', statement);
    // The types of the library name fewer values than it encodes.
    const encoded = isoCBOR.encode(decoded as Parameters<typeof isoCBOR.encode>[0]);
    registration.response.attestationObject = Buffer.from(encoded).toString('base64url');
    return passkeys.post('/me/factors/passkeys', { response: registration }, 'member');
  }

  const junk = new Uint8Array([1, 2, 3]);
  const statements: Record<string, Map<string, unknown>> = {
    none: new Map([['x', 1]]),
    packed: new Map<string, unknown>([
      ['alg', -7],
      ['sig', junk],
      ['x5c', [junk]],
    ]),
    apple: new Map([['x5c', [junk]]]),
    tpm: new Map<string, unknown>([
      ['ver', '2.0'],
      ['alg', -257],
      ['sig', junk],
      ['x5c', [junk]],
      ['pubArea', junk],
      ['certInfo', junk],
    ]),
    'android-key': new Map<string, unknown>([
      ['alg', -7],
      ['sig', junk],
      ['x5c', [junk]],
    ]),
    'android-safetynet': new Map<string, unknown>([
      ['ver', '1'],
      ['response', junk],
    ]),
    'fido-u2f': new Map<string, unknown>([
      ['sig', junk],
      ['x5c', [junk]],
    ]),
    unknown: new Map(),
  };
  for (const [format, statement] of Object.entries(statements)) {
    it(`is refused when its statement is wrong: ${format}`, async () => {
      assert.equal(outcome(await send(format, statement)), '403 invalid_factor');
      assert.equal(passkeys.lastReason(), 'webauthn-check-failed');
    });
  }

  it('is accepted without a statement', async () => {
    assert.equal((await send('none', new Map())).status, 201);
  });
});
