import type { Assurance } from '../../core/access-types.ts';
import type { AccessRecord, EntryVersion } from '../ports.ts';

/** What authentication needs of the sessions. All times are seconds since the epoch. */

/** A server-side session of a user of any issuer. */
export interface Session {
  /** Public: in lists, in the log and in the audit log. The cookie cannot be derived from it. Stays when the cookie value is rotated. */
  readonly id: string;
  /** Key of the user's directory entry. The roles come from there, never from the session. */
  readonly directoryId: string;
  readonly issuer: string;
  readonly subject: string;
  /** Of a Firebase user. */
  readonly uid?: string | undefined;
  readonly email?: string | undefined;
  readonly emailVerified?: boolean | undefined;
  /** The sign-in provider, as the credential named it. */
  readonly provider?: string | undefined;
  /** `at`: when the person signed in, or last proved a factor in this session. */
  readonly assurance: Assurance;
  /** Revocations of the user's sessions are compared with it: the time of the sign-in, or of the "sign out everywhere else" that kept this session. */
  readonly validSince: number;
  readonly created: number;
  /** At most ten minutes old while the session is used. */
  readonly lastSeen: number;
  /** Without a request until then, the session ends. */
  readonly idleEnd: number;
  /** The session ends then in any case. */
  readonly absoluteEnd: number;
  /** Random; the key of the CSRF token (HMAC-SHA256), which stays when the cookie value is rotated. */
  readonly csrfKey: string;
  /** Of the directory entry when the cookie value was issued: another version means a rotation. */
  readonly rolesVersion: number;
  /** The cookie value was replaced by another one, which a parallel request has received. */
  readonly replaced?: true | undefined;
}

/** A session together with the current record of its user. */
export interface ReadSession {
  readonly session: Session;
  readonly record: AccessRecord;
  /** As {@link EntryVersion} says: later changes reach this instance by the revocation feed. */
  readonly directoryVersion: EntryVersion;
}

/** A session after a renewal. */
export interface RenewedSession extends ReadSession {
  /** The new cookie value, when it was rotated. Never stored, never logged. */
  readonly value?: string | undefined;
}

/** The sessions, as the authenticator of the session cookie uses them. Implemented by the module `sessions`. */
export interface Sessions {
  /**
   * Reads the session and the record of its user. Fails closed.
   *
   * @param hash SHA-256 of the cookie value, base64url
   * @throws AppError `invalid_token` for an unknown, ended or expired session, and for a disabled or deleted user;
   *   `sign_in_not_allowed` where the sign-in policy does not allow the sign-in any more (`checkSignIn` with the session);
   *   `token_stale` for a revoked one; `unavailable`
   */
  read(hash: string, now: number): Promise<ReadSession>;
  /** Does a request now have to be written into the session, or its cookie value be rotated? No I/O: asked on every request. */
  isDue(read: ReadSession, now: number, options: { readonly canRotate: boolean }): boolean;
  /**
   * Writes `lastSeen`, extends the idle time in its second half, and rotates the cookie value when the roles have changed. One
   * transaction, which reads the session and the directory entry: an ended session or revoked sign-in is never revived.
   *
   * @param canRotate false where no answer can carry a cookie
   * @throws AppError as {@link read}
   */
  renew(hash: string, now: number, options: { readonly canRotate: boolean }): Promise<RenewedSession>;
}
