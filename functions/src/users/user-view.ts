import type * as z from 'zod';
import { activeRoles } from '../authz/role-claims.ts';
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
    createdAt: toIso(entry.created),
    updatedAt: toIso(entry.updated),
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
    grantedAt: toIso(grantedAt),
    ...(expiresAt !== undefined && { expiresAt: toIso(expiresAt) }),
  };
}

function toIso(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
