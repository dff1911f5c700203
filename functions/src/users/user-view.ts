import type * as z from 'zod';
import { activeRoles } from '../authz/role-claims.ts';
import { toRfc3339 } from '../core/time.ts';
import type { DirectoryEntry, Grant, UserPage } from '../directory/index.ts';
import type { grant, user, userPage, userRoles } from './schema.ts';

export type UserView = z.input<typeof user>;
export type UserPageView = z.input<typeof userPage>;
export type UserRolesView = z.input<typeof userRoles>;

/** An entry of the directory as the API shows it. @param now seconds since the epoch */
export function toUserView(entry: DirectoryEntry, now: number): UserView {
  const { uid, identity, email, emailVerified, displayName, providers, disabled, validAfter } = entry;
  return {
    ...{ uid, identity, email, emailVerified, displayName, providers, disabled, validAfter },
    roles: activeRoles(entry.grants, now),
    grants: entry.grants.map(toGrantView),
    version: entry.rolesVersion,
    synced: entry.pending.length === 0,
    createdAt: toRfc3339(entry.created),
    updatedAt: toRfc3339(entry.updated),
  };
}

export function toUserPageView({ users, ...page }: UserPage, now: number): UserPageView {
  return { ...page, users: users.map((entry) => toUserView(entry, now)) };
}

export function toUserRolesView({ grants, rolesVersion }: DirectoryEntry): UserRolesView {
  return { grants: grants.map(toGrantView), version: rolesVersion };
}

function toGrantView({ grantedAt, expiresAt, ...rest }: Grant): z.input<typeof grant> {
  return {
    ...rest,
    grantedAt: toRfc3339(grantedAt),
    ...(expiresAt !== undefined && { expiresAt: toRfc3339(expiresAt) }),
  };
}
