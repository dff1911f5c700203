import { createHash } from 'node:crypto';

/**
 * The user handle of WebAuthn, which authenticators keep and show to no person: a hash of the directory id, as it must not
 * contain an e-mail address or another name (https://www.w3.org/TR/webauthn-3/#sctn-user-handle-privacy).
 */
export function userHandleOf(user: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(createHash('sha256').update(`passkeys of ${user}`).digest());
}
