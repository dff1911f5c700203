import type * as z from 'zod';
import type { Principal } from '../authz/principal.ts';
import { activeRoles } from '../authz/role-claims.ts';
import { AppError } from '../core/errors.ts';
import { toRfc3339 } from '../core/time.ts';
import type { DirectoryEntry, Grant } from '../directory/index.ts';
import type { access, grant, user } from './schema.ts';

export type UserView = z.input<typeof user>;

/** An entry of the directory as the API shows it. @param now seconds since the epoch */
export function toUserView(entry: DirectoryEntry, now: number): UserView {
  const { uid, identity, email, emailVerified, displayName, providers, disabled, validAfter } = entry;
  return {
    uid,
    identity,
    email,
    emailVerified,
    displayName,
    providers,
    disabled,
    validAfter,
    roles: activeRoles(entry.grants, now),
    grants: toGrantViews(entry.grants),
    version: entry.rolesVersion,
    synced: entry.pending.length === 0,
    createdAt: toRfc3339(entry.created),
    updatedAt: toRfc3339(entry.updated),
  };
}

export function toGrantViews(grants: readonly Grant[]): z.input<typeof grant>[] {
  return grants.map(({ grantedAt, expiresAt, ...rest }) => ({
    ...rest,
    grantedAt: toRfc3339(grantedAt),
    ...(expiresAt !== undefined && { expiresAt: toRfc3339(expiresAt) }),
  }));
}

/** The principal, as the API shows it to its user. @throws AppError `unauthenticated` for an anonymous one */
export function toPrincipalView(principal: Principal): z.input<typeof access> {
  const { kind } = principal;
  if (kind === 'anonymous') throw new AppError('unauthenticated');
  return { ...principal, kind };
}
