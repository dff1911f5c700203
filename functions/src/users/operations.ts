import * as z from 'zod';
import { ALL_PERMISSIONS, PERMISSIONS } from '../authz/permissions.ts';
import { ALL_ROLES, ROLES } from '../authz/roles.ts';
import { byVersion } from '../core/etag.ts';
import { uid } from '../core/uid.ts';
import { operation } from '../pipeline/operation.ts';
import {
  access,
  grantedUser,
  grantPath,
  grantRef,
  newGrant,
  permissionName,
  roleChange,
  roleName,
  user,
  userGrant,
  userPage,
  userQuery,
  userRoles,
} from './schema.ts';
import type { UsersService } from './users-service.ts';
import { toPrincipalView } from './views.ts';

const none = z.strictObject({});
/** Errors of every change of another user. */
const CHANGE_ERRORS = ['own_account', 'exceeds_own_permissions', 'last_owner'] as const;
const byUid = z.strictObject({ uid });

export const getMyAccess = operation<UsersService>()({
  name: 'getMyAccess',
  effect: 'read',
  access: 'signed-in',
  appCheck: 'firebase-users',
  http: { method: 'get', path: '/me' },
  callable: true,
  input: none,
  output: access,
  summary: 'Who am I, and which permissions do I have?',
  run: (_input, { actor }) => toPrincipalView(actor.principal),
});

export const listRoles = operation<UsersService>()({
  name: 'listRoles',
  effect: 'read',
  access: { permission: 'roles:read' },
  http: { method: 'get', path: '/roles' },
  input: none,
  output: z.object({
    roles: z.array(z.object({ name: roleName, permissions: z.array(permissionName).readonly() })),
    permissions: z.array(z.object({ name: permissionName, summary: z.string(), privileged: z.boolean() })),
  }),
  summary: 'The roles and their permissions.',
  run: () => ({
    roles: ALL_ROLES.map((name) => ({ name, permissions: ROLES[name] })),
    permissions: ALL_PERMISSIONS.map((name) => ({ name, ...PERMISSIONS[name] })),
  }),
});

export const listUsers = operation<UsersService>()({
  name: 'listUsers',
  effect: 'read',
  access: { permission: 'users:read' },
  http: { method: 'get', path: '/users' },
  callable: true,
  input: userQuery,
  output: userPage,
  summary: 'The users, by e-mail, phone number, role or state, a page at a time.',
  run: (query, { service }) => service.list(query),
});

export const getUser = operation<UsersService>()({
  name: 'getUser',
  effect: 'read',
  access: { permission: 'users:read' },
  http: { method: 'get', path: '/users/:uid' },
  input: byUid,
  output: user,
  summary: 'One user.',
  run: (input, { service }) => service.get(input.uid),
});

export const getUserRoles = operation<UsersService>()({
  name: 'getUserRoles',
  effect: 'read',
  access: { permission: 'users:read' },
  http: { method: 'get', path: '/users/:uid/roles' },
  input: byUid,
  output: userRoles,
  summary: 'The grants of a user, and their version as the ETag.',
  etag: byVersion,
  run: (input, { service }) => service.getRoles(input.uid),
});

export const setUserRoles = operation<UsersService>()({
  name: 'setUserRoles',
  effect: 'write',
  access: { permission: 'roles:assign' },
  http: { method: 'put', path: '/users/:uid/roles' },
  callable: true,
  input: roleChange.extend({ uid }),
  output: user,
  errors: [...CHANGE_ERRORS, 'claims_too_large'],
  summary:
    'Replace all grants of a user: a grant that is left out ends. Send the version you read, in the body or as If-Match.',
  etag: byVersion,
  run: (change, { service, actor, access }) => service.setRoles(actor, change, access),
});

export const getUserGrant = operation<UsersService>()({
  name: 'getUserGrant',
  effect: 'read',
  access: { permission: 'users:read' },
  http: { method: 'get', path: '/users/:uid/grants/:role' },
  input: grantPath,
  output: userGrant,
  errors: ['not_found'],
  summary: 'The grant of one role of a user.',
  etag: byVersion,
  run: (input, { service }) => service.getGrant(input.uid, input.role),
});

export const grantUserRole = operation<UsersService>()({
  name: 'grantUserRole',
  effect: 'write',
  access: { permission: 'roles:assign' },
  http: { method: 'post', path: '/users/:uid/grants' },
  callable: true,
  input: newGrant,
  output: grantedUser,
  errors: [...CHANGE_ERRORS, 'claims_too_large'],
  summary: 'Grant a user one role, or change the expiry or reason of its grant. The other grants stay.',
  etag: byVersion,
  created: { id: (_user, { role }) => role, existed: ({ created }) => !created },
  run: (change, { service, actor, access }) => service.addGrant(actor, change, access),
});

export const revokeUserRole = operation<UsersService>()({
  name: 'revokeUserRole',
  effect: 'write',
  access: { permission: 'roles:assign' },
  http: { method: 'delete', path: '/users/:uid/grants/:role' },
  callable: true,
  input: grantRef,
  output: null,
  errors: CHANGE_ERRORS,
  summary:
    'Revoke one role of a user. The other grants stay. Also 204 for a role that the user does not have.',
  run: (change, { service, actor, access }) => service.removeGrant(actor, change, access),
});

export const updateUser = operation<UsersService>()({
  name: 'updateUser',
  effect: 'write',
  access: { permission: 'users:write' },
  http: { method: 'patch', path: '/users/:uid' },
  input: byUid.extend({ disabled: z.boolean() }),
  output: user,
  errors: CHANGE_ERRORS,
  summary: 'Disable or enable a user.',
  run: (input, { service, actor, access }) => service.setDisabled(actor, input.uid, input.disabled, access),
});

export const deleteUser = operation<UsersService>()({
  name: 'deleteUser',
  effect: 'write',
  access: { permission: 'users:write' },
  http: { method: 'delete', path: '/users/:uid' },
  input: byUid,
  output: null,
  errors: CHANGE_ERRORS,
  summary: 'Delete a user for good.',
  run: (input, { service, actor, access }) => service.remove(actor, input.uid, access),
});

export const revokeSessions = operation<UsersService>()({
  name: 'revokeSessions',
  effect: 'write',
  access: { permission: 'sessions:revoke' },
  http: { method: 'post', path: '/users/:uid/revoke' },
  callable: true,
  input: byUid,
  output: user,
  summary: 'Sign a user out everywhere.',
  run: (input, { service, actor, access }) => service.revoke(actor, input.uid, access),
});
