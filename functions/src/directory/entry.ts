import { activeRoles, claimedVersion, nextExpiry, timedRolesFromClaims } from '../authz/role-claims.ts';
import { isRole, type Role } from '../authz/roles.ts';
import { AppError } from '../core/errors.ts';
import { omitUndefined } from '../core/omit-undefined.ts';
import type { Account } from '../platform/firebase-auth/account.ts';
import type { Instant } from '../platform/firestore/firestore.ts';
import type { Grant } from './grant.ts';

/** What Firebase Auth has not been told yet: custom claims, the end of all sessions, disabled or not, to forget the user. */
export type Pending = 'claims' | 'sessions' | 'disabled' | 'deletion';

/** A user's access record: the truth about what they may do. Times are seconds since the epoch. */
export interface DirectoryEntry {
  readonly uid: string;
  /** Whose entry it is, for somebody of another issuer: they need no account in Firebase Auth. */
  readonly identity?: { readonly issuer: string; readonly subject: string } | undefined;
  /** How often the identity was exchanged for a Firebase one since a second. */
  readonly exchange?: { readonly since: number; readonly count: number } | undefined;
  readonly email?: string | undefined;
  readonly emailVerified: boolean;
  readonly displayName?: string | undefined;
  readonly providers: readonly string[];
  readonly grants: readonly Grant[];
  /** Counts the changes of `grants`; 0 when there never were any. */
  readonly rolesVersion: number;
  /** The version that the custom claims were last written from. */
  readonly claimsVersion: number;
  readonly disabled: boolean;
  /** Sign-ins before this second are revoked. */
  readonly validAfter: number;
  readonly pending: readonly Pending[];
  /** Since when anything has been pending. */
  readonly pendingSince?: number | undefined;
  /** Which change is telling Firebase Auth at the moment, and until when no other may (milliseconds since the epoch). */
  readonly lease?: { readonly by: string; readonly until: number } | undefined;
  readonly created: number;
  readonly updated: number;
}

/** The profile that the directory copies from Firebase Auth, so that users can be found by it. */
export type Profile = Pick<DirectoryEntry, 'email' | 'emailVerified' | 'displayName' | 'providers'>;

export function profileOf({ email, emailVerified, displayName, providers }: Account): Profile {
  return { email: email?.toLowerCase(), emailVerified, displayName, providers };
}

/** An owner who stays one: enabled, and with no end in sight. */
export function isPermanentOwner(entry: DirectoryEntry | undefined): boolean {
  if (entry === undefined || entry.disabled) return false;
  return entry.grants.some(({ role, expiresAt }) => role === 'owner' && expiresAt === undefined);
}

/**
 * The first entry of an account that has none: what Firebase Auth says of it, and the roles that its claims carry. Only
 * claims with a version are Gatehouse's own; others' `roles` mean nothing here.
 */
export function importedEntry(account: Account, now: number): DirectoryEntry {
  const { disabled, validAfter } = account;
  const rolesVersion = claimedVersion(account.claims);
  const grants = timedRolesFromClaims(account.claims).map((timed) => ({
    role: timed.role,
    grantedBy: 'import',
    grantedAt: now,
    expiresAt: timed.expiresAt,
    reason: undefined,
  }));
  return {
    uid: account.uid,
    ...profileOf(account),
    ...{ grants, rolesVersion, claimsVersion: rolesVersion, disabled, validAfter },
    ...{ pending: [], created: now, updated: now },
  };
}

/** The document of an entry. `roles` and `nextExpiry` are there to be queried. */
export function toDocument(entry: DirectoryEntry): Record<string, unknown> {
  const { uid, grants, lease, exchange, pendingSince, created, updated, ...rest } = entry;
  const expiry = nextExpiry(grants, 0);
  return omitUndefined({
    ...rest,
    grants: grants.map(({ grantedAt, expiresAt, ...grant }) =>
      omitUndefined({
        ...grant,
        grantedAt: toDate(grantedAt),
        expiresAt: expiresAt === undefined ? undefined : toDate(expiresAt),
      }),
    ),
    // Those that have ended, too, until the reconciler takes them out: nobody rewrites an entry in that very second.
    roles: activeRoles(grants, 0),
    nextExpiry: Number.isFinite(expiry) ? toDate(expiry) : undefined,
    lease: lease && { by: lease.by, until: new Date(lease.until) },
    exchange: exchange && { since: toDate(exchange.since), count: exchange.count },
    pendingSince: pendingSince === undefined ? undefined : toDate(pendingSince),
    created: toDate(created),
    updated: toDate(updated),
  });
}

/**
 * The entry of a document.
 *
 * @throws AppError `internal` for a document that {@link toDocument} did not write: no rights are guessed from it
 */
export function fromDocument(uid: string, fields: Record<string, unknown>): DirectoryEntry {
  try {
    const read = fields as Record<keyof DirectoryEntry, unknown>;
    const lease = read.lease as { by: string; until: Instant } | undefined;
    return {
      uid,
      ...(read.identity !== undefined && { identity: identityFrom(read.identity) }),
      ...(read.exchange !== undefined && { exchange: exchangeFrom(read.exchange) }),
      email: read.email as string | undefined,
      emailVerified: read.emailVerified === true,
      displayName: read.displayName as string | undefined,
      providers: list(read.providers),
      grants: list<GrantDocument>(read.grants).flatMap(grantFrom),
      rolesVersion: whole(read.rolesVersion),
      claimsVersion: whole(read.claimsVersion),
      // Anything but a plain false locks out.
      disabled: read.disabled !== false,
      validAfter: whole(read.validAfter),
      pending: list(read.pending),
      pendingSince: read.pendingSince === undefined ? undefined : secondOf(read.pendingSince),
      lease: lease && { by: lease.by, until: lease.until.toMillis() },
      created: secondOf(read.created),
      updated: secondOf(read.updated),
    };
  } catch (reason) {
    const cause = new Error(`directory/${uid} is damaged`, { cause: reason });
    throw new AppError('internal', undefined, { reason: 'damaged-entry', logDetail: cause.message, cause });
  }
}

interface GrantDocument {
  readonly role: Role;
  readonly grantedBy: string;
  readonly grantedAt: unknown;
  readonly expiresAt?: unknown;
  readonly reason?: string;
}

/** A role that this version does not know gives nothing. */
function grantFrom({ role, grantedBy, grantedAt, expiresAt, reason }: GrantDocument): Grant[] {
  if (!isRole(role)) return [];
  // An end that cannot be read is not the same as none.
  const end = expiresAt === undefined ? undefined : secondOf(expiresAt);
  return [{ role, grantedBy, grantedAt: secondOf(grantedAt), expiresAt: end, reason }];
}

function identityFrom(value: unknown): DirectoryEntry['identity'] {
  const { issuer, subject } = value as Record<string, unknown>;
  return { issuer: text(issuer), subject: text(subject) };
}

function exchangeFrom(value: unknown): DirectoryEntry['exchange'] {
  const { since, count } = value as Record<string, unknown>;
  return { since: secondOf(since), count: whole(count) };
}

function text(value: unknown): string {
  if (typeof value !== 'string' || value === '') throw new TypeError('a text is none');
  return value;
}

function list<T>(value: unknown): readonly T[] {
  if (!Array.isArray(value)) throw new TypeError('a list is none');
  return value;
}

/** `NaN` would compare as neither before nor after: nothing would be revoked. */
function whole(value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw new TypeError('a number is not whole');
  return value;
}

const secondOf = (time: unknown) => whole((time as Instant).seconds);

const toDate = (seconds: number) => new Date(seconds * 1000);
