import { AppError } from '../core/errors.ts';
import type { DirectoryEntry, Pending, Profile } from './entry.ts';
import type { Grant } from './grant.ts';
import type { AccessChange } from './revocation/access-change.ts';

/** What shall be different in an entry. */
export interface Edit {
  readonly grants?: readonly Grant[];
  readonly disabled?: boolean;
  /** End all sessions. */
  readonly revoke?: true;
  /** Delete the user. */
  readonly remove?: true;
  readonly profile?: Profile;
}

export interface Edited {
  readonly entry: DirectoryEntry;
  /** Absent when nobody else has to know. */
  readonly accessChange?: Omit<AccessChange, 'uid'>;
}

/**
 * Applies an edit: what it takes away counts from this second on, everywhere. Pure.
 *
 * @param now seconds since the epoch
 */
export function applyEdit(before: DirectoryEntry, edit: Edit, now: number): Edited {
  if (before.pending.includes('deletion')) throw new AppError('not_found', 'This user is being deleted.');
  const { grants, disabled, revoke, remove, profile } = edit;
  const endsSessions = revoke || remove || disabled === true;
  // Sign-ins are dated in whole seconds: those of this very second are over as well.
  const validAfter = endsSessions ? Math.max(before.validAfter, now + 1) : before.validAfter;
  const changesRoles = grants !== undefined;
  const rolesVersion = changesRoles ? before.rolesVersion + 1 : before.rolesVersion;
  const news: Pending[] = [
    ...(changesRoles ? ['claims' as const] : []),
    ...(endsSessions ? ['sessions' as const] : []),
    ...(disabled === undefined && !remove ? [] : ['disabled' as const]),
    ...(remove ? ['deletion' as const] : []),
  ];
  return {
    entry: {
      ...before,
      ...profile,
      grants: grants ?? before.grants,
      rolesVersion,
      disabled: remove || (disabled ?? before.disabled),
      validAfter,
      pending: [...new Set([...before.pending, ...news])],
      pendingSince: before.pendingSince ?? (news.length > 0 ? now : undefined),
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
