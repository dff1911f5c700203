/** Somebody's rights changed, so that every instance learns of it. Times are seconds since the epoch. */
export interface AccessChange {
  /** Directory id of whose rights changed. */
  readonly uid: string;
  /** Sign-ins before this second are revoked. */
  readonly validAfter?: number | undefined;
  /** Tokens of an older version are stale. */
  readonly rolesVersion?: number | undefined;
  /** The entry is gone: versions count anew, should the id ever be used again. */
  readonly gone?: true | undefined;
}

/**
 * For how long a change has to be known, in seconds: an ID token lives an hour, the minute after the change belongs to
 * those that were issued before Firebase Auth was told, and five more to clocks that disagree.
 */
export const CHANGE_LIFETIME = 3600 + 60 + 300;
