import gatehouse from '../../gatehouse.config.ts';
import type { RoleSetting } from '../core/gatehouse-config.ts';
import { ALL_PERMISSIONS, isPermission, type Permission } from './permissions.ts';

export type Role = keyof typeof gatehouse.roles;

export const ALL_ROLES: readonly Role[] = Object.freeze(Object.keys(gatehouse.roles) as Role[]);

/** The roles of `gatehouse.config.ts`: named sets of permissions. */
export const ROLES: Readonly<Record<Role, readonly Permission[]>> = Object.freeze(
  // An entry for each role.
  Object.fromEntries(ALL_ROLES.map((role) => [role, permissionsIn(gatehouse.roles[role])])) as Record<
    Role,
    readonly Permission[]
  >,
);

/** `Object.hasOwn`, because `constructor` and `__proto__` are not roles. */
export function isRole(name: unknown): name is Role {
  return typeof name === 'string' && Object.hasOwn(ROLES, name);
}

/** Union of what the roles allow, each once. */
export function permissionsOf(roles: readonly Role[]): Permission[] {
  return [...new Set<Permission>(roles.flatMap((role) => ROLES[role]))];
}

function permissionsIn(setting: RoleSetting<Permission>): readonly Permission[] {
  if (setting === 'all') return ALL_PERMISSIONS;
  // Other names are errors of the configuration (`product-config.ts`).
  if (!('allExcept' in setting)) return Object.freeze(setting.filter(isPermission));
  const { allExcept } = setting;
  return Object.freeze(ALL_PERMISSIONS.filter((permission) => !allExcept.includes(permission)));
}
