import { createGatehouse } from '@gatehouse/functions/library';

/** The same permissions, roles and issuers as in the functions: this is the configuration of `npm start` here. */
export const { verifySession } = createGatehouse({
  permissions: {
    'notes:read': { summary: 'Read notes', privileged: false },
    'notes:write': { summary: 'Write notes', privileged: false },
    'notes:moderate': { summary: 'See and remove the notes of every user', privileged: false },
  },
  roles: {
    member: ['notes:read', 'notes:write'],
    support: ['notes:read', 'notes:write', 'notes:moderate', 'users:read', 'sessions:revoke'],
    auditor: ['users:read', 'roles:read', 'audit:read'],
    admin: { allExcept: ['owners:assign', 'directory:reconcile'] },
    owner: 'all',
  },
  defaultRole: 'member',
});
