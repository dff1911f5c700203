import type { PrincipalActor } from '../../src/authz/principal.ts';
import type { RoleChange, UsersService } from '../../src/users/users-service.ts';

/** The users service, with the access rules that the operations pass to it. */
export function withAccessRules(users: UsersService) {
  return {
    ...users,
    setRoles: (actor: PrincipalActor, change: RoleChange) =>
      users.setRoles(actor, change, { permission: 'roles:assign' }),
    addGrant: (actor: PrincipalActor, change: Parameters<UsersService['addGrant']>[1]) =>
      users.addGrant(actor, change, { permission: 'roles:assign' }),
    removeGrant: (actor: PrincipalActor, change: Parameters<UsersService['removeGrant']>[1]) =>
      users.removeGrant(actor, change, { permission: 'roles:assign' }),
    setDisabled: (actor: PrincipalActor, uid: string, disabled: boolean) =>
      users.setDisabled(actor, uid, disabled, { permission: 'users:write' }),
    remove: (actor: PrincipalActor, uid: string) => users.remove(actor, uid, { permission: 'users:write' }),
    revoke: (actor: PrincipalActor, uid: string) =>
      users.revoke(actor, uid, { permission: 'sessions:revoke' }),
  };
}

export type UsersWithRules = ReturnType<typeof withAccessRules>;
