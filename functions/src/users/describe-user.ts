import type * as z from 'zod';
import { type DirectoryEntry, grantsInForce } from '../access/directory-entry.ts';
import type { UserPage } from '../access/directory-list.ts';
import type { Grant } from '../access/grant.ts';
import { rolesAt } from '../authz/access-claims.ts';
import { type Clock, seconds } from '../lib/clock.ts';
import type { grant, user, userPage, userRoles } from './schema.ts';

/** An entry of the directory as the API shows it. */
export function describeUser(entry: DirectoryEntry, clock: Clock): z.input<typeof user> {
  const { grants, rolesVersion, pending, created, updated } = entry;
  return {
    ...entry,
    roles: rolesAt(grantsInForce(entry), seconds(clock)),
    grants: grants.map(describeGrant),
    version: rolesVersion,
    synced: pending.length === 0,
    createdAt: toIso(created),
    updatedAt: toIso(updated),
  };
}

export function describeUserPage({ users, ...page }: UserPage, clock: Clock): z.input<typeof userPage> {
  return { ...page, users: users.map((entry) => describeUser(entry, clock)) };
}

export function describeUserRoles({ grants, rolesVersion }: DirectoryEntry): z.input<typeof userRoles> {
  return { grants: grants.map(describeGrant), version: rolesVersion };
}

function describeGrant({ grantedAt, expiresAt, ...given }: Grant): z.input<typeof grant> {
  return {
    ...given,
    grantedAt: toIso(grantedAt),
    ...(expiresAt !== undefined && { expiresAt: toIso(expiresAt) }),
  };
}

function toIso(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
