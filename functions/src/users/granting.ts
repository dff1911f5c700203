import { isPrivileged, type Permission } from '../authz/permissions.ts';
import { createPrincipal, type Principal } from '../authz/principal.ts';
import { activeRoles } from '../authz/role-claims.ts';
import { permissionsOf, ROLES } from '../authz/roles.ts';
import { AppError } from '../core/errors.ts';
import type { DirectoryEntry } from '../directory/entry.ts';
import type { Grant } from '../directory/grant.ts';

/**
 * The actor with the rights that the directory gives them at this moment: two who take each other's rights away at once
 * must not both succeed. A Firebase token only copies the directory; another issuer's says something of its own, which
 * does for what is not privileged.
 *
 * @param needed what they must still hold
 * @throws AppError `permission_denied`
 */
export function withCurrentRoles(
  principal: Principal,
  entry: DirectoryEntry | undefined,
  { needed, now }: { needed: Permission; now: number },
): Principal {
  const roles = entry === undefined || entry.disabled ? [] : activeRoles(entry.grants, now);
  const current = createPrincipal({ ...principal, roles });
  const isOfIssuer = principal.subject !== principal.directoryId && entry?.disabled !== true;
  const byToken = isOfIssuer && !isPrivileged(needed) && principal.permissions.includes(needed);
  if (!byToken && !current.permissions.includes(needed)) {
    throw new AppError('permission_denied', `This needs the permission ${needed}.`, { missing: needed });
  }
  return current;
}

/**
 * May `actor` change the grants so? Nobody changes their own, and nobody gives, takes, prolongs, shortens or explains
 * anew a role that holds a permission they lack.
 *
 * @throws AppError `own_account`, `exceeds_own_permissions`
 */
export function checkGrant(actor: Principal, entry: DirectoryEntry, grants: readonly Grant[]): void {
  checkNotOwn(actor, entry);
  const isIn = (list: readonly Grant[], { role, expiresAt, reason }: Grant) =>
    list.some((grant) => grant.role === role && grant.expiresAt === expiresAt && grant.reason === reason);
  const given = grants.filter((grant) => !isIn(entry.grants, grant));
  const taken = entry.grants.filter((grant) => !isIn(grants, grant));
  for (const { role } of [...given, ...taken]) {
    const missing = firstMissing(actor, ROLES[role]);
    if (missing !== undefined) {
      throw new AppError('exceeds_own_permissions', `Giving or taking ${role} needs ${missing} yourself.`, {
        missing,
      });
    }
  }
}

/**
 * May `actor` disable, enable or delete the user? Not themselves, and no user who holds a permission they lack.
 *
 * @throws AppError `own_account`, `exceeds_own_permissions`
 */
export function checkOutranked(actor: Principal, entry: DirectoryEntry, now: number): void {
  checkNotOwn(actor, entry);
  const missing = firstMissing(actor, permissionsOf(activeRoles(entry.grants, now)));
  if (missing !== undefined) {
    throw new AppError('exceeds_own_permissions', `This user holds ${missing}, which you lack.`, {
      missing,
    });
  }
}

function checkNotOwn({ directoryId }: Principal, { uid }: DirectoryEntry): void {
  if (directoryId === uid) {
    throw new AppError('own_account', 'Ask somebody else to change your own account.');
  }
}

function firstMissing(actor: Principal, permissions: readonly Permission[]): Permission | undefined {
  return permissions.find((permission) => !actor.permissions.includes(permission));
}
