import type { Timestamp } from '@google-cloud/firestore';
import { activeRoles, nextExpiry } from '../authz/role-claims.ts';
import { isRole, type Role } from '../authz/roles.ts';
import type { FactorKind } from '../core/access-types.ts';
import { AppError } from '../core/errors.ts';
import { toDate } from '../core/time.ts';
import { omitUndefined } from '../platform/firestore/firestore.ts';
import type { DirectoryEntry, Grant } from './entry.ts';

/** The Firestore document of an entry. `roles` and `nextExpiry` are for queries. */
export function toDocument(entry: DirectoryEntry): Record<string, unknown> {
  const { uid, grants, lease, pendingSince, created, updated, ...others } = entry;
  const { unknownGrants = [], ...rest } = others;
  const expiry = nextExpiry(grants, 0);
  return omitUndefined({
    ...rest,
    grants: [
      ...grants.map(({ grantedAt, expiresAt, ...grant }) =>
        omitUndefined({
          ...grant,
          grantedAt: toDate(grantedAt),
          expiresAt: toDate(expiresAt),
        }),
      ),
      ...unknownGrants,
    ],
    // Includes expired grants until reconciliation removes them.
    roles: [...activeRoles(grants, 0), ...unknownGrants.map(({ role }) => role)],
    nextExpiry: Number.isFinite(expiry) ? toDate(expiry) : undefined,
    lease: lease && { by: lease.by, until: toDate(lease.until) },
    pendingSince: toDate(pendingSince),
    created: toDate(created),
    updated: toDate(updated),
  });
}

/**
 * The entry of a Firestore document.
 *
 * @throws AppError `internal` for a document that {@link toDocument} did not write
 */
export function fromDocument(uid: string, fields: Record<string, unknown>): DirectoryEntry {
  try {
    const read = fields as Record<keyof DirectoryEntry, unknown>;
    return {
      uid,
      ...(read.identity !== undefined && { identity: identityFrom(read.identity) }),
      email: read.email as string | undefined,
      emailVerified: read.emailVerified === true,
      // Absent in an entry of an older version, until the profile is copied again.
      emails: list(read.emails ?? []),
      phoneNumber: read.phoneNumber as string | undefined,
      displayName: read.displayName as string | undefined,
      photoUrl: read.photoUrl as string | undefined,
      providers: list(read.providers),
      grants: list<GrantDocument>(read.grants).flatMap(grantFrom),
      ...unknownIn(read.grants),
      rolesVersion: wholeNumber(read.rolesVersion),
      claimsVersion: wholeNumber(read.claimsVersion),
      // Every value but false disables the user.
      disabled: read.disabled !== false,
      ...(read.factors !== undefined && { factors: list<FactorKind>(read.factors) }),
      validAfter: wholeNumber(read.validAfter),
      ...(read.keptSession !== undefined && { keptSession: text(read.keptSession) }),
      ...(read.accountRevokedAt !== undefined && { accountRevokedAt: wholeNumber(read.accountRevokedAt) }),
      pending: list(read.pending),
      pendingSince: read.pendingSince === undefined ? undefined : secondOf(read.pendingSince),
      lease: leaseFrom(read.lease),
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
  readonly scope?: unknown;
  readonly grantedBy: string;
  readonly grantedAt: unknown;
  readonly expiresAt?: unknown;
  readonly reason?: string;
}

/** A role or scope that this version of the code does not define gives no permission. */
function grantFrom({ role, scope, grantedBy, grantedAt, expiresAt, reason }: GrantDocument): Grant[] {
  if (!isRole(role) || (scope !== undefined && scope !== 'project')) return [];
  // An unreadable expiry must not become "never".
  const expiry = expiresAt === undefined ? undefined : secondOf(expiresAt);
  const grant = { role, grantedBy, grantedAt: secondOf(grantedAt), expiresAt: expiry, reason };
  return [scope === undefined ? grant : { ...grant, scope }];
}

function unknownIn(grants: unknown): Pick<DirectoryEntry, 'unknownGrants'> {
  const unknownGrants = list<Readonly<Record<string, unknown>>>(grants).filter(({ role }) => !isRole(role));
  return unknownGrants.length > 0 ? { unknownGrants } : {};
}

function identityFrom(value: unknown): DirectoryEntry['identity'] {
  const { issuer, subject } = value as Record<string, unknown>;
  return { issuer: text(issuer), subject: text(subject) };
}

function leaseFrom(value: unknown): DirectoryEntry['lease'] {
  if (value === undefined) return undefined;
  const { by, until } = value as Record<string, unknown>;
  return { by: text(by), until: secondOf(until) };
}

function text(value: unknown): string {
  if (typeof value !== 'string' || value === '') throw new TypeError('not a text');
  return value;
}

function list<T>(value: unknown): readonly T[] {
  if (!Array.isArray(value)) throw new TypeError('not a list');
  return value;
}

/** No comparison with `NaN` is true: nothing would be revoked. */
function wholeNumber(value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw new TypeError('not a whole number');
  return value;
}

const secondOf = (time: unknown) => wholeNumber((time as Timestamp).seconds);
