import { defineConfig } from '../src/core/gatehouse-config.ts';

/** The configuration of the function kit: that of a clone without the notes. Other roles: `@gatehouse/functions/library`. */
export default defineConfig({
  permissions: {
    'users:read': { summary: 'See the users, their roles and their state', privileged: false },
    'users:write': { summary: 'Create, disable, enable and delete users', privileged: true },
    'roles:read': { summary: 'See the roles and what they allow', privileged: false },
    'roles:assign': { summary: 'Grant and revoke roles, up to one’s own permissions', privileged: true },
    'owners:assign': { summary: 'Grant and revoke the role owner', privileged: true },
    'sessions:revoke': { summary: 'Sign a user out everywhere', privileged: false },
    'audit:read': { summary: 'Read the audit log', privileged: false },
    'directory:reconcile': { summary: 'Sync Firebase Auth with the directory now', privileged: true },
  },
  roles: {
    support: ['users:read', 'sessions:revoke'],
    auditor: ['users:read', 'roles:read', 'audit:read'],
    admin: { allExcept: ['owners:assign', 'directory:reconcile'] },
    owner: 'all',
  },
  defaultRole: 'none',
  signUp: { emailDomains: [] },
  trustedIssuers: () => [],
});
