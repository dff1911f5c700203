import { defineModule } from '../pipeline/module.ts';
import {
  deleteUser,
  getMyAccess,
  getUser,
  getUserGrant,
  getUserRoles,
  grantUserRole,
  listRoles,
  listUsers,
  revokeSessions,
  revokeUserRole,
  setUserRoles,
  updateUser,
} from './operations.ts';
import { createUsersService } from './users-service.ts';

export { checkExpiry, checkGrant, checkOutranked, withCurrentRoles } from './granting.ts';
export { grantAsOperator, grantToExternalUser } from './operator-grant.ts';
export { access, auditReason, grantRequests, user } from './schema.ts';
export type { UsersService } from './users-service.ts';
export { createUserView, type UserView } from './views.ts';

/** Users: their grants, their state, their sessions. */
export const users = defineModule({
  name: 'users',
  summary: 'Users: their grants, their state, their sessions.',
  create: createUsersService,
  operations: [
    getMyAccess,
    listRoles,
    listUsers,
    getUser,
    getUserRoles,
    setUserRoles,
    getUserGrant,
    grantUserRole,
    revokeUserRole,
    updateUser,
    deleteUser,
    revokeSessions,
  ],
});
