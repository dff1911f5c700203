import type { TimedRole } from '../authz/role-claims.ts';
import type { FactorKind } from '../core/access-types.ts';
import { type Caller, invalidToken, tokenStale } from '../core/errors.ts';
import type { ExternalIdentity } from './external-identity.ts';

/** What authentication needs of the directory. All times are seconds since the epoch. */

/** The server-side record of a user: the directory entry, for a Firebase user restricted by the account. */
export interface AccessRecord {
  /** Of the entry. What is older belonged to a deleted user with the same id. */
  readonly created: number;
  readonly disabled: boolean;
  /** Sign-ins before this second are revoked. */
  readonly validAfter: number;
  /** Public id of the session that the revocation at `validAfter` does not end. */
  readonly keptSession?: string | undefined;
  readonly rolesVersion: number;
  readonly grants: readonly TimedRole[];
  /** The kinds of second factors that the user has; `firebase`: of Identity Platform. Absent: none. */
  readonly factors?: readonly (FactorKind | 'firebase')[] | undefined;
}

/** The directory entry that the roles of a principal were read from. */
export interface EntryVersion {
  readonly id: string;
  readonly rolesVersion: number;
  /** A later revocation, disabling or deletion has a larger value. */
  readonly validAfter: number;
}

interface ExternalRecord {
  /** undefined: the identity has no entry, so it has no grant. */
  readonly record: AccessRecord | undefined;
  /** Version 0 where there is no entry. */
  readonly directoryVersion: EntryVersion;
}

export interface AccessRecords {
  /**
   * Reads the entry and the account of a Firebase user.
   *
   * @returns undefined for an account that does not exist
   * @throws AppError `unavailable` when the directory or Firebase Auth does not answer
   */
  read(uid: string): Promise<AccessRecord | undefined>;
  /**
   * Reads the entry of an external identity; creates it where the issuer's profile has just-in-time provisioning.
   *
   * @throws AppError `unavailable` when the directory does not answer
   */
  readExternal(identity: ExternalIdentity): Promise<ExternalRecord>;
  /**
   * Applies what is pending for the user of a stale token to Firebase Auth, so that the next token is up to date. Never
   * throws: the caller gets `token_stale` either way.
   */
  resyncAfterStaleToken(id: string): Promise<void>;
}

/** What a Firebase ID token shows of its account. */
export interface ShownProfile {
  readonly uid: string;
  readonly email: string | undefined;
  readonly emailVerified: boolean;
  readonly phoneNumber: string | undefined;
  readonly displayName: string | undefined;
  readonly photoUrl: string | undefined;
  /** The keys of `firebase.identities`. */
  readonly providers: readonly string[];
  readonly signInProvider: string | undefined;
}

/** The directory, when an instance verifies a Firebase ID token for the first time. */
export interface FirstSight {
  /**
   * Provisions the user, with the default role for whom the sign-up policy admits, and updates the profile. Never throws.
   *
   * @returns the user's entry; undefined when there is no account, or the directory did not answer
   */
  see(shown: ShownProfile): Promise<AccessRecord | undefined>;
}

/** The latest access change of a user: absent fields did not change. */
export interface RecentChange {
  readonly validAfter?: number | undefined;
  readonly rolesVersion?: number | undefined;
}

/**
 * A key of a session in {@link AccessChanges}. No directory id contains a slash.
 *
 * @param id public id of a session that has ended, or the hash of a cookie value that was replaced
 */
export function sessionKey(id: string): string {
  return `session/${id}`;
}

/** The access changes of the last hour, in the memory of this instance. */
export interface AccessChanges {
  /**
   * A promise only while the feed is read: an `await` costs a request more than the look-up.
   *
   * @param id directory id of a user, or {@link sessionKey}
   * @throws AppError `unavailable` while the feed could never be read
   */
  find(id: string): RecentChange | undefined | Promise<RecentChange | undefined>;
}

/**
 * Checks a sign-in against a record.
 *
 * @throws AppError `invalid_token` for a disabled user, `token_stale` for a sign-in that was revoked
 */
export function checkRecord(
  { disabled, validAfter }: Pick<AccessRecord, 'disabled' | 'validAfter'>,
  authTime: number,
  caller: Caller,
): void {
  if (disabled) throw invalidToken('account-disabled', { caller });
  if (authTime < validAfter) throw tokenStale('revoked', caller);
}
