import type { TimedRole } from '../authz/role-claims.ts';
import type { ExternalIdentity } from './external-identity.ts';

/** The server-side record of a principal at this moment. */
export interface AccessRecord {
  readonly disabled: boolean;
  /** Sign-ins before this second since the epoch are revoked. */
  readonly validAfter: number;
  readonly rolesVersion: number;
  readonly grants: readonly TimedRole[];
}

/** The entry that something was read from, as it was then. */
export interface EntryVersion {
  readonly id: string;
  readonly rolesVersion: number;
  /** Whatever ended sessions since, a disabling or a deletion too, has a later one. */
  readonly validAfter: number;
}

/** What the directory says of an external identity. */
export interface ExternalRecord {
  /** undefined: it has no entry, so it holds no grant. */
  readonly record: AccessRecord | undefined;
  /** The entry that was read; version 0 where there is none. */
  readonly directoryVersion: EntryVersion;
}

export interface AccessRecords {
  /**
   * Asks the directory and Firebase Auth for a Firebase user, now.
   *
   * @returns undefined for an account that does not exist
   * @throws AppError `unavailable` when either does not answer: never a pass
   */
  read(uid: string): Promise<AccessRecord | undefined>;
  /**
   * Asks the directory for an external identity, now, and provisions it where the issuer's profile says so.
   *
   * @throws AppError `unavailable` when it does not answer: never a pass
   */
  readExternal(identity: ExternalIdentity): Promise<ExternalRecord>;
  /**
   * A token was stale: makes sure that the next one will not be, should telling Firebase Auth have been cut short. Never
   * throws: the token stays stale either way.
   */
  resyncAfterStaleToken(id: string): Promise<void>;
}
