import { createGatehouse } from '@gatehouse/functions/library';

export const { functions, requireAccess, callable } = createGatehouse({
  permissions: {
    'projects:read': { summary: 'See the projects', privileged: false },
    'projects:write': { summary: 'Create and rename projects', privileged: false },
  },
  roles: {
    member: ['projects:read'],
    editor: ['projects:read', 'projects:write'],
    admin: { allExcept: ['owners:assign'] },
    owner: 'all',
  },
  // Role of a new user.
  defaultRole: 'member',
});
