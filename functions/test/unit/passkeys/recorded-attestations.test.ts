import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { decodeAttestationObject } from '@simplewebauthn/server/helpers';
import type { AppError } from '../../../src/core/errors.ts';
import { verifyRegistration } from '../../../src/passkeys/verify.ts';

/** The response of a real authenticator, as the package `fido2-helpers` has recorded it. */
interface Recorded {
  readonly rawId: ArrayBuffer;
  readonly response: { readonly attestationObject: ArrayBuffer; readonly clientDataJSON: ArrayBuffer };
}
// The package has no types.
const { lib } = createRequire(import.meta.url)('fido2-helpers') as {
  lib: Readonly<Record<string, Recorded>>;
};

const text = (bytes: ArrayBuffer) => Buffer.from(bytes).toString('base64url');

/** `model`: the AAGUID. Without it, the authenticator did not verify its user. */
const RECORDED = {
  None: { format: 'none', origin: 'https://localhost:8443', model: undefined },
  Packed: { format: 'packed', origin: 'https://webauthn.org', model: undefined },
  Tpm: { format: 'tpm', origin: 'https://webauthn.org', model: '08987058-cadc-4b81-b6e1-30de50dcbe96' },
} as const;

describe('recorded attestations of real authenticators', () => {
  for (const [name, { format, origin, model }] of Object.entries(RECORDED)) {
    const outcome = model === undefined ? 'refused without user verification' : 'verified';
    it(`are decoded and ${outcome}: ${format}`, async () => {
      const recorded = lib[`makeCredentialAttestation${name}Response`] ?? assert.fail(name);
      const { attestationObject, clientDataJSON } = recorded.response;
      assert.equal(decodeAttestationObject(new Uint8Array(attestationObject)).get('fmt'), format);
      const id = text(recorded.rawId);
      const verifying = verifyRegistration(
        {
          passkeys: { rpId: new URL(origin).hostname, origins: [origin], relatedOrigins: [] },
          emulator: false,
        },
        {
          ...{ id, rawId: id, type: 'public-key', clientExtensionResults: {} },
          response: { attestationObject: text(attestationObject), clientDataJSON: text(clientDataJSON) },
        },
      );
      if (model !== undefined) {
        const { credentialId, aaguid } = await verifying;
        assert.deepEqual([credentialId, aaguid], [id, model]);
        return;
      }
      await assert.rejects(verifying, ({ code, logDetail = '' }: AppError) => {
        assert.equal(code, 'invalid_factor');
        assert.match(logDetail, /user (could not be verified|verification)/i);
        return true;
      });
    });
  }
});
