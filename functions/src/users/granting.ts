import type { Principal } from '../authn/principal.ts';
import type { Permission } from '../authz/permissions.ts';
import { permissionsOf, ROLES, type Role } from '../authz/roles.ts';
import { AppError } from '../errors.ts';
import type { Account } from './account.ts';

/**
 * May `actor` give the account these roles? Nobody changes their own, and nobody gives or takes a role that holds a
 * permission they lack.
 *
 * @throws AppError `own_account`, `exceeds_own_permissions`
 */
export function checkGrant(actor: Principal, account: Account, roles: readonly Role[]): void {
  checkNotOwn(actor, account);
  const changed = [...roles.filter((role) => !account.roles.includes(role)), ...lost(account.roles, roles)];
  for (const role of changed) {
    const missing = firstMissing(actor, ROLES[role]);
    if (missing !== undefined) {
      throw new AppError('exceeds_own_permissions', `Giving or taking ${role} needs ${missing} yourself.`, {
        missing,
      });
    }
  }
}

/**
 * May `actor` disable, enable or delete the account? Not their own, and nobody who may do more than they may.
 *
 * @throws AppError `own_account`, `exceeds_own_permissions`
 */
export function checkOutranked(actor: Principal, account: Account): void {
  checkNotOwn(actor, account);
  const missing = firstMissing(actor, permissionsOf(account.roles));
  if (missing !== undefined) {
    throw new AppError('exceeds_own_permissions', `This user holds ${missing}, which you lack.`, { missing });
  }
}

/** Do the new roles allow less in any respect? Then sessions that were opened with the old ones have to end. */
export function losesPermissions(before: readonly Role[], after: readonly Role[]): boolean {
  const kept = permissionsOf(after);
  return permissionsOf(before).some((permission) => !kept.includes(permission));
}

function checkNotOwn(actor: Principal, account: Account): void {
  if (actor.uid === account.uid)
    throw new AppError('own_account', 'Ask somebody else to change your own account.');
}

function lost(before: readonly Role[], after: readonly Role[]): Role[] {
  return before.filter((role) => !after.includes(role));
}

function firstMissing(actor: Principal, permissions: readonly Permission[]): Permission | undefined {
  return permissions.find((permission) => !actor.permissions.includes(permission));
}
