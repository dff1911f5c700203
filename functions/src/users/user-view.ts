import type * as z from 'zod';
import { activeRoles } from '../authz/role-claims.ts';
import { type Clock, seconds } from '../core/clock.ts';
import type { DirectoryEntry } from '../directory/entry.ts';
import type { Grant } from '../directory/grant.ts';
import type { UserPage } from '../directory/list.ts';
import type { grant, user, userPage, userRoles } from './schema.ts';

/** An entry of the directory as the API shows it. */
export function toUserView(entry: DirectoryEntry, clock: Clock): z.input<typeof user> {
  const { grants, rolesVersion, pending, created, updated } = entry;
  return {
    ...entry,
    roles: activeRoles(grants, seconds(clock)),
    grants: grants.map(toGrantView),
    version: rolesVersion,
    synced: pending.length === 0,
    createdAt: toIso(created),
    updatedAt: toIso(updated),
  };
}

export function toUserPageView({ users, ...page }: UserPage, clock: Clock): z.input<typeof userPage> {
  return { ...page, users: users.map((entry) => toUserView(entry, clock)) };
}

export function toUserRolesView({ grants, rolesVersion }: DirectoryEntry): z.input<typeof userRoles> {
  return { grants: grants.map(toGrantView), version: rolesVersion };
}

function toGrantView({ grantedAt, expiresAt, ...given }: Grant): z.input<typeof grant> {
  return {
    ...given,
    grantedAt: toIso(grantedAt),
    ...(expiresAt !== undefined && { expiresAt: toIso(expiresAt) }),
  };
}

function toIso(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
