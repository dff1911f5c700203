import type { FactorKind } from '../core/access-types.ts';
import { AppError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import { omitUndefined } from '../platform/firestore/firestore.ts';
import type { DirectoryEntry, Grant, Pending } from './entry.ts';
import type { AccessChange } from './revocation/access-changes.ts';

/** A change of an entry. */
export interface Edit {
  readonly grants?: readonly Grant[];
  readonly disabled?: boolean;
  /** End all sessions. */
  readonly revoke?: true;
  /** Public id of the session that `revoke` does not end. */
  readonly keptSession?: string | undefined;
  /** The kinds of second factors that the user has afterwards. */
  readonly factors?: readonly FactorKind[];
  /** Delete the user. */
  readonly remove?: true;
}

interface Edited {
  readonly entry: DirectoryEntry;
  /** Absent when no instance has to apply anything. */
  readonly accessChange?: Omit<AccessChange, 'uid'>;
}

/**
 * Applies an edit. Access that it removes ends with this second, on every instance. Pure.
 *
 * @param now seconds since the epoch
 * @throws AppError `not_found` while the user is being deleted
 */
export function applyEdit(before: DirectoryEntry, edit: Edit, now: number): Edited {
  if (before.pending.includes('deletion')) throw new AppError('not_found', 'This user is being deleted.');
  const { grants, disabled, revoke, keptSession, factors, remove } = edit;
  const endsSessions = revoke || remove || disabled === true;
  // `auth_time` has whole seconds: sign-ins of this same second are revoked, too. So is the session that was kept before.
  const earliest = before.keptSession ? before.validAfter + 1 : before.validAfter;
  const validAfter = endsSessions ? Math.max(earliest, now + 1) : before.validAfter;
  const changesRoles = grants !== undefined;
  const rolesVersion = changesRoles ? before.rolesVersion + 1 : before.rolesVersion;
  const newlyPending: Pending[] = [];
  if (changesRoles) newlyPending.push('claims');
  if (endsSessions) newlyPending.push('sessions');
  if (disabled !== undefined || remove) newlyPending.push('disabled');
  if (remove) newlyPending.push('deletion');
  return {
    entry: {
      ...before,
      grants: grants ?? before.grants,
      ...(changesRoles && { unknownGrants: undefined }),
      rolesVersion,
      disabled: remove || (disabled ?? before.disabled),
      validAfter,
      ...(endsSessions && { keptSession }),
      ...(factors && { factors }),
      pending: [...new Set([...before.pending, ...newlyPending])],
      pendingSince: before.pendingSince ?? (newlyPending.length > 0 ? now : undefined),
      updated: now,
    },
    ...((changesRoles || endsSessions) && {
      accessChange: {
        ...(changesRoles && { rolesVersion }),
        ...(endsSessions && { validAfter }),
      },
    }),
  };
}

/** A grant in a request. */
export type GrantRequest = Pick<Grant, 'role' | 'expiresAt' | 'reason'>;

/** The requested grants. A grant that stays the same keeps its `grantedBy`, `grantedAt` and `reason`. */
export function applyGrantRequests(
  before: readonly Grant[],
  requested: readonly GrantRequest[],
  { by, now }: { by: string; now: number },
): Grant[] {
  return requested.map(({ role, expiresAt, reason }) => {
    const current = before.find((grant) => grant.role === role && grant.expiresAt === expiresAt);
    const isSame = current !== undefined && (reason === undefined || reason === current.reason);
    return isSame ? current : { role, grantedBy: by, grantedAt: now, expiresAt, reason };
  });
}

/** The grants of an entry, and their version, as an audit event shows them. */
export function summarizeGrants({ rolesVersion, grants }: DirectoryEntry): JsonObject {
  return {
    version: rolesVersion,
    grants: grants.map(({ role, expiresAt, reason }) => omitUndefined({ role, expiresAt, reason })),
  };
}
