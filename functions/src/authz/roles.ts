import { ALL_PERMISSIONS, type Permission } from './permissions.ts';

const member = ['notes:read', 'notes:write'] as const satisfies readonly Permission[];
const auditor = ['users:read', 'roles:read', 'audit:read'] as const satisfies readonly Permission[];
/** What an admin may not. */
const ownersOnly: readonly Permission[] = ['owners:assign', 'access:reconcile'];

/** The built-in roles: named subsets of the permissions. A misspelt permission does not compile. */
export const ROLES = Object.freeze({
  member: Object.freeze(member),
  support: Object.freeze([...member, 'notes:moderate', 'users:read', 'sessions:revoke'] as const),
  auditor: Object.freeze(auditor),
  admin: Object.freeze(ALL_PERMISSIONS.filter((permission) => !ownersOnly.includes(permission))),
  owner: ALL_PERMISSIONS,
}) satisfies Record<string, readonly Permission[]>;

export type Role = keyof typeof ROLES;

export const ALL_ROLES: readonly Role[] = Object.freeze(Object.keys(ROLES) as Role[]);

/** `Object.hasOwn`, because `constructor` and `__proto__` are not roles. */
export function isRole(name: unknown): name is Role {
  return typeof name === 'string' && Object.hasOwn(ROLES, name);
}

/** Union of what the roles allow, each once. */
export function permissionsOf(roles: readonly Role[]): Permission[] {
  return [...new Set<Permission>(roles.flatMap((role) => ROLES[role]))];
}
