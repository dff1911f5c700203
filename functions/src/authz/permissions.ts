import gatehouse from '../../gatehouse.config.ts';

/**
 * Every permission, from `gatehouse.config.ts`.
 *
 * `privileged` permissions change who may do what. They are decided on the current record in the directory and Firebase
 * Auth, never on a token alone, which can be an hour old.
 */
export const PERMISSIONS = gatehouse.permissions;

export type Permission = keyof typeof PERMISSIONS;

export const ALL_PERMISSIONS: readonly Permission[] = Object.freeze(Object.keys(PERMISSIONS) as Permission[]);

/** `Object.hasOwn`, because `constructor` is not a permission. */
export function isPermission(name: unknown): name is Permission {
  return typeof name === 'string' && Object.hasOwn(PERMISSIONS, name);
}

export function isPrivileged(permission: Permission): boolean {
  return PERMISSIONS[permission].privileged;
}
