import type { VerifiedAuthenticationResponse, VerifiedRegistrationResponse } from '@simplewebauthn/server';
import { invalidPasskey } from './invalid-passkey.ts';
import type { Passkey } from './passkey-document.ts';
import { isPasskeyOrigin, type RelyingParty } from './relying-party.ts';
import type { AuthenticationResponse, RegistrationResponse } from './response-schema.ts';

/** EdDSA, ES256 and RS256 (https://www.iana.org/assignments/cose/cose.xhtml#algorithms): the same on every Node. */
export const ALGORITHMS = [-8, -7, -257];

/** A verified response. Whether its challenge is unused is not checked yet. */
interface Verified {
  readonly challenge: string;
  readonly counter: number;
  readonly backupEligible: boolean;
  readonly backedUp: boolean;
}

/**
 * Verifies the response of a registration (https://www.w3.org/TR/webauthn-3/#sctn-registering-a-new-credential).
 *
 * @throws AppError `invalid_factor`
 */
export async function verifyRegistration(
  party: RelyingParty,
  response: RegistrationResponse,
): Promise<Verified & Pick<Passkey, 'credentialId' | 'publicKey' | 'aaguid'>> {
  const { verifyRegistrationResponse } = await import('@simplewebauthn/server');
  return orInvalid(async () => {
    const { challenge, origin } = await readClientData(party, response.response.clientDataJSON);
    const { transports: _, ...attestation } = response.response;
    const { registrationInfo }: VerifiedRegistrationResponse = await verifyRegistrationResponse({
      response: { ...response, response: attestation, clientExtensionResults: {} },
      expectedChallenge: challenge,
      expectedOrigin: origin,
      expectedRPID: party.passkeys.rpId,
      requireUserVerification: true,
      supportedAlgorithmIDs: ALGORITHMS,
    });
    if (registrationInfo === undefined) throw new Error('the attestation was not verified');
    const { credential, aaguid, credentialDeviceType, credentialBackedUp } = registrationInfo;
    return {
      challenge,
      credentialId: credential.id,
      publicKey: Buffer.from(credential.publicKey).toString('base64url'),
      counter: credential.counter,
      aaguid,
      backupEligible: credentialDeviceType === 'multiDevice',
      backedUp: credentialBackedUp,
    };
  });
}

/**
 * Verifies a signature (https://www.w3.org/TR/webauthn-3/#sctn-verifying-assertion), except for the counter.
 *
 * @throws AppError `invalid_factor`
 */
export async function verifyAssertion(
  party: RelyingParty,
  response: AuthenticationResponse,
  { credentialId, publicKey }: Pick<Passkey, 'credentialId' | 'publicKey'>,
): Promise<Verified> {
  const { verifyAuthenticationResponse } = await import('@simplewebauthn/server');
  return orInvalid(async () => {
    const { challenge, origin } = await readClientData(party, response.response.clientDataJSON);
    const { userHandle, ...signed } = response.response;
    const { verified, authenticationInfo }: VerifiedAuthenticationResponse =
      await verifyAuthenticationResponse({
        response: { ...response, response: signed, clientExtensionResults: {} },
        expectedChallenge: challenge,
        expectedOrigin: origin,
        expectedRPID: party.passkeys.rpId,
        requireUserVerification: true,
        credential: {
          id: credentialId,
          publicKey: new Uint8Array(Buffer.from(publicKey, 'base64url')),
          // The library compares counters before it has verified the signature. Who uses this function compares them after it.
          counter: 0,
        },
      });
    if (!verified) throw new Error('the signature is wrong');
    const { newCounter: counter, credentialDeviceType, credentialBackedUp } = authenticationInfo;
    return {
      challenge,
      counter,
      backupEligible: credentialDeviceType === 'multiDevice',
      backedUp: credentialBackedUp,
    };
  });
}

/** What the library leaves to its user: several origins, and frames of other pages, which it does not refuse at a registration. */
async function readClientData(
  party: RelyingParty,
  clientDataJSON: string,
): Promise<{ readonly challenge: string; readonly origin: string }> {
  const { decodeClientDataJSON } = await import('@simplewebauthn/server/helpers');
  const {
    challenge,
    origin,
    crossOrigin = false,
    topOrigin,
  }: Record<string, unknown> = decodeClientDataJSON(clientDataJSON);
  if (typeof challenge !== 'string' || typeof origin !== 'string') throw new Error('malformed client data');
  if (!isPasskeyOrigin(party, origin)) throw new Error(`the origin ${origin} is not expected`);
  if (crossOrigin !== false || topOrigin !== undefined) throw new Error('in a frame of another origin');
  return { challenge, origin };
}

/** The library throws plain errors. Their messages are for the log: they never contain a key or a signature. */
async function orInvalid<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const logDetail = String(cause).slice(0, 300);
    throw invalidPasskey('webauthn-check-failed', { logDetail, cause });
  }
}
