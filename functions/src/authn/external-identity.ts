import { hash } from 'node:crypto';

/** A principal of an issuer other than Firebase: identity is issuer + subject, never the e-mail address. */
export interface ExternalIdentity {
  /** {@link externalId} of the two: key of its entry in the directory. */
  readonly id: string;
  readonly issuer: string;
  readonly subject: string;
  /** What the token says of the person, for the directory; nothing is decided on it. */
  readonly email?: string | undefined;
  readonly emailVerified: boolean;
  /** Make an entry when there is none: the issuer's profile says so. */
  readonly jitProvisioning: boolean;
}

/**
 * The directory id of an external identity, and the uid of the Firebase account that a token exchange creates for it.
 * Stable, and no subject gives the id of another: JSON separates the two parts, SHA-256 makes any subject a valid id.
 */
export function externalId(issuer: string, subject: string): string {
  return `ext-${hash('sha256', JSON.stringify([issuer, subject]), 'base64url')}`;
}

/** Is this the uid of a Firebase account that an exchange made? */
export function isExternalId(uid: string): boolean {
  return /^ext-[\w-]{43}$/.test(uid);
}
