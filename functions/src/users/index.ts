import { defineModule } from '../pipeline/module.ts';
import {
  deleteUser,
  getMyAccess,
  getUser,
  getUserRoles,
  listRoles,
  listUsers,
  revokeMySessions,
  revokeSessions,
  setUserRoles,
  updateUser,
} from './operations.ts';
import { createUsersService } from './users-service.ts';

export { withCurrentRoles } from './granting.ts';
export { grantAsOperator, grantToExternalUser } from './operator-grant.ts';
export { newIdentity, provisionedUser } from './schema.ts';
export { createUserView, type UserView } from './views.ts';

/** Users: their grants, their state, their sessions. */
export const users = defineModule({
  name: 'users',
  create: createUsersService,
  operations: [
    getMyAccess,
    revokeMySessions,
    listRoles,
    listUsers,
    getUser,
    getUserRoles,
    setUserRoles,
    updateUser,
    deleteUser,
    revokeSessions,
  ],
});
