import { claimedVersion, type TimedRole, timedRolesFromClaims } from '../authz/role-claims.ts';
import type { Role } from '../authz/roles.ts';
import type { FactorKind } from '../core/access-types.ts';
import { showHidden } from '../core/text.ts';
import { type Account, emailAddressesOf } from '../platform/firebase-auth/account.ts';

/** A role granted to a user. Times are seconds since the epoch. */
export interface Grant extends TimedRole {
  readonly role: Role;
  /** Where the role counts. Absent: in the whole project, the only scope so far. */
  readonly scope?: 'project';
  /** Directory id of the user who granted it; or `system`, `operator`, `import`, or the issuer after a token exchange. */
  readonly grantedBy: string;
  readonly grantedAt: number;
  readonly expiresAt?: number | undefined;
  readonly reason?: string | undefined;
}

/** A change of the entry that is not yet applied to Firebase Auth. */
export type Pending = 'claims' | 'sessions' | 'disabled' | 'deletion';

/** A user's access record: the source of truth about what they may do. Times are seconds since the epoch. */
export interface DirectoryEntry {
  readonly uid: string;
  /** Present for an external user. They need no account in Firebase Auth. */
  readonly identity?: { readonly issuer: string; readonly subject: string } | undefined;
  readonly email?: string | undefined;
  readonly emailVerified: boolean;
  /** All addresses, those of linked providers too, in lower case. */
  readonly emails: readonly string[];
  readonly phoneNumber?: string | undefined;
  readonly displayName?: string | undefined;
  readonly photoUrl?: string | undefined;
  readonly providers: readonly string[];
  readonly grants: readonly Grant[];
  /**
   * Grants of roles that this code does not define, as stored: it is older than the data, or the command line of a project
   * with roles of its own. They give no permission, and a change of the grants removes them.
   */
  readonly unknownGrants?: readonly Readonly<Record<string, unknown>>[] | undefined;
  /** Counts the changes of `grants`; 0 before the first one. */
  readonly rolesVersion: number;
  /** The `rolesVersion` that the custom claims were last compiled from. */
  readonly claimsVersion: number;
  readonly disabled: boolean;
  /** The kinds of second factors that the user has, one of each. Absent: none. */
  readonly factors?: readonly FactorKind[] | undefined;
  /** Sign-ins before this second are revoked. */
  readonly validAfter: number;
  /** Public id of the session that the revocation at `validAfter` has kept. */
  readonly keptSession?: string | undefined;
  /** Until this second, revocations of the account in Firebase Auth are that of `validAfter`. */
  readonly accountRevokedAt?: number | undefined;
  readonly pending: readonly Pending[];
  /** Since when `pending` is not empty. */
  readonly pendingSince?: number | undefined;
  /** The change that may write to Firebase Auth, and the second until which no other change may. */
  readonly lease?: { readonly by: string; readonly until: number } | undefined;
  readonly created: number;
  readonly updated: number;
}

/** The profile that the directory copies from Firebase Auth, so that users can be found by it. */
export type Profile = Pick<
  DirectoryEntry,
  'email' | 'emailVerified' | 'emails' | 'phoneNumber' | 'displayName' | 'photoUrl' | 'providers'
>;

export const NO_PROFILE: Profile = {
  email: undefined,
  emailVerified: false,
  emails: [],
  phoneNumber: undefined,
  displayName: undefined,
  photoUrl: undefined,
  providers: [],
};

export function profileOf(account: Account): Profile {
  const { phoneNumber, displayName, photoUrl, providers } = account;
  const addresses = emailAddressesOf(account);
  const [main] = addresses;
  // Providers pass on any text, and people choose users by it.
  return {
    email: main && showHidden(main.address),
    emailVerified: main?.verified ?? false,
    emails: addresses.map(({ address }) => showHidden(address)),
    phoneNumber,
    displayName: displayName && showHidden(displayName),
    photoUrl,
    providers,
  };
}

/** An enabled owner with a grant that does not expire. */
export function isPermanentOwner(entry: DirectoryEntry | undefined): boolean {
  if (entry === undefined || entry.disabled) return false;
  return entry.grants.some(({ role, expiresAt }) => role === 'owner' && expiresAt === undefined);
}

export function emptyEntry(uid: string, now: number): DirectoryEntry {
  return {
    uid,
    ...NO_PROFILE,
    grants: [],
    rolesVersion: 0,
    claimsVersion: 0,
    disabled: false,
    validAfter: 0,
    pending: [],
    created: now,
    updated: now,
  };
}

/**
 * The first entry of an account: its profile, and the roles in its custom claims. Only claims with a version are
 * Gatehouse's own; `roles` that other code wrote are ignored.
 */
export function importedEntry(account: Account, now: number): DirectoryEntry {
  const { uid, disabled, validAfter, claims, createdAt = now } = account;
  const rolesVersion = claimedVersion(claims);
  return {
    ...emptyEntry(uid, now),
    ...profileOf(account),
    grants: timedRolesFromClaims(claims).map(({ role, expiresAt }) => ({
      role,
      grantedBy: 'import',
      grantedAt: now,
      expiresAt,
      reason: undefined,
    })),
    rolesVersion,
    claimsVersion: rolesVersion,
    disabled,
    validAfter,
    created: createdAt,
  };
}
