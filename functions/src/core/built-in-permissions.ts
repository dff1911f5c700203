/** The permissions that the operations of Gatehouse ask for. A clone lists them in its `gatehouse.config.ts`. */
export const BUILT_IN_PERMISSIONS = {
  'users:read': { summary: 'See the users, their roles and their state', privileged: false },
  'users:write': { summary: 'Create, disable, enable and delete users', privileged: true },
  'roles:read': { summary: 'See the roles and what they allow', privileged: false },
  'roles:assign': { summary: 'Grant and revoke roles, up to one’s own permissions', privileged: true },
  'owners:assign': { summary: 'Grant and revoke the role owner', privileged: true },
  'sessions:revoke': { summary: 'See where a user is signed in, and sign them out', privileged: false },
  'audit:read': { summary: 'Read the audit log', privileged: false },
  'directory:reconcile': { summary: 'Sync Firebase Auth with the directory now', privileged: true },
} as const;

export type BuiltInPermission = keyof typeof BUILT_IN_PERMISSIONS;
