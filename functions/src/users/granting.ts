import { type AccessRule, permissionOf } from '../authz/access-rule.ts';
import { toDenialError } from '../authz/decide.ts';
import { isPrivileged, type Permission } from '../authz/permissions.ts';
import { createPrincipal, type Principal } from '../authz/principal.ts';
import { activeRoles, isActive } from '../authz/role-claims.ts';
import { permissionsOf, ROLES } from '../authz/roles.ts';
import { AppError } from '../core/errors.ts';
import type { ChangeContext, DirectoryEntry, Grant } from '../directory/index.ts';

/**
 * The actor with the roles that the directory has now. Of two administrators who remove each other's roles at once, only one
 * succeeds. A Firebase token is a copy of the directory; the token of another issuer has permissions of its own, which
 * suffice where the permission is not privileged.
 *
 * @param rule of the operation; the actor must still hold its permission
 * @param context of the change, with the entry of the actor
 * @throws AppError `permission_denied`
 */
export function withCurrentRoles(
  principal: Principal,
  rule: AccessRule,
  { actor: entry, now }: Pick<ChangeContext, 'actor' | 'now'>,
): Principal {
  const needed = permissionOf(rule);
  if (needed === undefined) throw new Error('an operation that changes other users needs a permission');
  const roles = entry === undefined || entry.disabled ? [] : activeRoles(entry.grants, now);
  const current = createPrincipal({ ...principal, roles });
  const isExternal = principal.subject !== principal.directoryId && entry?.disabled !== true;
  const byToken = isExternal && !isPrivileged(needed) && principal.permissions.includes(needed);
  if (!byToken && !current.permissions.includes(needed)) {
    throw toDenialError({ allowed: false, reason: 'missing-permission', missing: needed });
  }
  return current;
}

/**
 * May the actor change the grants like this? Users cannot change their own, and cannot give, remove, extend, shorten or
 * give a new reason for a role with a permission that they do not hold.
 *
 * @throws AppError `own_account`, `exceeds_own_permissions`
 */
export function checkGrant(
  actor: Principal,
  entry: Pick<DirectoryEntry, 'uid' | 'grants'>,
  grants: readonly Grant[],
): void {
  checkNotOwn(actor, entry);
  const isIn = (list: readonly Grant[], { role, expiresAt, reason }: Grant) =>
    list.some((grant) => grant.role === role && grant.expiresAt === expiresAt && grant.reason === reason);
  const added = grants.filter((grant) => !isIn(entry.grants, grant));
  const removed = entry.grants.filter((grant) => !isIn(grants, grant));
  for (const { role } of [...added, ...removed]) {
    const missing = firstMissing(actor, ROLES[role]);
    if (missing !== undefined) {
      const detail = `Granting or revoking ${role} needs ${missing}, which you do not have.`;
      throw new AppError('exceeds_own_permissions', detail, { missing });
    }
  }
}

/**
 * Are the new grants still valid? A request may repeat an expired grant of the entry.
 *
 * @param fieldOf input field of the expiry of the grant with an index
 * @throws AppError `invalid_argument`
 */
export function checkExpiry(
  before: readonly Grant[],
  grants: readonly Grant[],
  now: number,
  fieldOf = (index: number) => `grants.${index}.expiresAt`,
): void {
  const errors = grants.flatMap((grant, index) =>
    !isActive(grant, now) && !before.includes(grant)
      ? { field: fieldOf(index), message: 'Send a time in the future.' }
      : [],
  );
  if (errors.length > 0)
    throw new AppError('invalid_argument', 'A grant expires in the future or never.', { errors });
}

/**
 * May the actor disable, enable or delete the user? Not their own account, and no user with a permission that they do not
 * hold.
 *
 * @throws AppError `own_account`, `exceeds_own_permissions`
 */
export function checkOutranked(actor: Principal, entry: DirectoryEntry, now: number): void {
  checkNotOwn(actor, entry);
  const missing = firstMissing(actor, permissionsOf(activeRoles(entry.grants, now)));
  if (missing !== undefined) {
    const detail = `This user has the permission ${missing}, which you do not have.`;
    throw new AppError('exceeds_own_permissions', detail, { missing });
  }
}

function checkNotOwn({ directoryId }: Principal, { uid }: Pick<DirectoryEntry, 'uid'>): void {
  if (directoryId === uid) {
    throw new AppError('own_account', 'Ask another administrator to change your account.');
  }
}

function firstMissing(actor: Principal, permissions: readonly Permission[]): Permission | undefined {
  return permissions.find((permission) => !actor.permissions.includes(permission));
}
