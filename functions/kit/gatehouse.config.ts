import { BUILT_IN_PERMISSIONS } from '../src/core/built-in-permissions.ts';
import { defineConfig } from '../src/core/gatehouse-config.ts';

/** The configuration of the function kit: that of a clone without the notes. Other roles: `@gatehouse/functions/library`. */
export default defineConfig({
  permissions: BUILT_IN_PERMISSIONS,
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
