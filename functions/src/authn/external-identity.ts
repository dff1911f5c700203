import { hash } from 'node:crypto';

/** A principal of an issuer other than Firebase: identity is issuer + subject, never the e-mail address. */
export interface ExternalIdentity {
  /** {@link externalId}: key of the directory entry. */
  readonly id: string;
  readonly issuer: string;
  readonly subject: string;
  /** From the token, for the directory; no decision depends on it. */
  readonly email?: string | undefined;
  readonly emailVerified: boolean;
  /** Create an entry when there is none? As the issuer's profile says. */
  readonly jitProvisioning: boolean;
}

/**
 * The directory id of an external identity, and the uid of the Firebase account that a token exchange creates for it.
 * Stable and unique: JSON separates issuer and subject, and SHA-256 makes any subject a valid id.
 */
export function externalId(issuer: string, subject: string): string {
  return `ext-${hash('sha256', JSON.stringify([issuer, subject]), 'base64url')}`;
}

/** Is it the uid of a Firebase account that a token exchange created? */
export function isExternalId(uid: string): boolean {
  return /^ext-[\w-]{43}$/.test(uid);
}
