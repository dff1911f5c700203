/**
 * Every permission there is. Adding an endpoint starts here.
 *
 * `privileged` permissions change who may do what; they are decided on the directory and Firebase Auth as they are at
 * this moment, never on what a token issued up to an hour ago says.
 */
export const PERMISSIONS = {
  'notes:read': { summary: 'Read notes', privileged: false },
  'notes:write': { summary: 'Write notes', privileged: false },
  'notes:moderate': { summary: 'See and remove anybody’s notes', privileged: false },
  'users:read': { summary: 'See the users, their roles and their state', privileged: false },
  'users:write': { summary: 'Disable, enable and delete users', privileged: true },
  'roles:read': { summary: 'See the roles and what they allow', privileged: false },
  'roles:assign': { summary: 'Give and take roles, up to one’s own permissions', privileged: true },
  'owners:assign': { summary: 'Make and unmake owners', privileged: true },
  'sessions:revoke': { summary: 'Sign a user out everywhere', privileged: false },
  'audit:read': { summary: 'Read the audit trail', privileged: false },
  'access:reconcile': {
    summary: 'Bring Firebase Auth in line with the directory now',
    privileged: true,
  },
  'clients:write': { summary: 'Register and change OAuth clients', privileged: true },
} as const satisfies Record<`${string}:${string}`, { summary: string; privileged: boolean }>;

export type Permission = keyof typeof PERMISSIONS;

export const ALL_PERMISSIONS: readonly Permission[] = Object.freeze(Object.keys(PERMISSIONS) as Permission[]);

export function isPrivileged(permission: Permission): boolean {
  return PERMISSIONS[permission].privileged;
}
