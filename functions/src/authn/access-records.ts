import type { TimedRole } from '../authz/access-claims.ts';

/** The server-side record of a principal at this moment. */
export interface AccessRecord {
  readonly disabled: boolean;
  /** Sign-ins before this second since the epoch are revoked. */
  readonly validAfter: number;
  readonly rolesVersion: number;
  readonly grants: readonly TimedRole[];
}

export interface AccessRecords {
  /**
   * Asks the directory and Firebase Auth, now.
   *
   * @returns undefined for an account that does not exist
   * @throws AppError `unavailable` when either does not answer: never a pass
   */
  read(id: string): Promise<AccessRecord | undefined>;
  /**
   * A token was stale: makes sure that the next one will not be, should telling Firebase Auth have been cut short. Never
   * throws: the token stays stale either way.
   */
  mend(id: string): Promise<void>;
}
