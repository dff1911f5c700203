import * as z from 'zod';
import { ALL_PERMISSIONS, PERMISSIONS } from '../authz/permissions.ts';
import { ALL_ROLES, ROLES } from '../authz/roles.ts';
import { describeAccess } from '../users/describe-access.ts';
import {
  access,
  permissionName,
  roleChange,
  roleName,
  uid,
  user,
  userPage,
  userQuery,
} from '../users/schema.ts';
import { type Route, route } from './route.ts';

const ofUser = z.strictObject({ uid });
// In a query string every value is text.
const query = userQuery.extend({
  pageSize: z
    .string()
    .regex(/^\d{1,3}$/, 'is not a whole number')
    .transform(Number)
    .pipe(z.int().min(1).max(100))
    .default(50),
});

const roleList = z.object({
  roles: z.array(z.object({ name: roleName, permissions: z.array(permissionName).readonly() })),
  permissions: z.array(z.object({ name: permissionName, summary: z.string(), privileged: z.boolean() })),
});

/** Every endpoint of the HTTP API. OpenAPI is made from this table, too. */
export const routes: readonly Route[] = [
  route({
    method: 'get',
    path: '/health',
    access: 'public',
    input: {},
    output: z.object({ status: z.literal('ok') }),
    summary: 'Is the API up? Asks nobody else.',
    handler: () => ({ status: 'ok' as const }),
  }),
  route({
    method: 'get',
    path: '/openapi.json',
    access: 'public',
    input: {},
    output: z.record(z.string(), z.unknown()),
    summary: 'This API as OpenAPI 3.1.',
    // Made from this table by `npm run build`; imported when asked for, since making it imports this file.
    handler: async () => (await import('./openapi.json', { with: { type: 'json' } })).default,
  }),
  route({
    method: 'get',
    path: '/me',
    access: 'signed-in',
    input: {},
    output: access,
    summary: 'Who am I, and what may I do?',
    handler: (_input, { principal }) => describeAccess(principal),
  }),
  route({
    method: 'post',
    path: '/me/revoke',
    access: 'signed-in',
    input: {},
    output: user,
    summary: 'Sign me out everywhere.',
    handler: (_input, { principal, deps, requestId }) =>
      deps.users.revoke({ principal, requestId }, principal.subject),
  }),
  route({
    method: 'get',
    path: '/roles',
    access: 'roles:read',
    input: {},
    output: roleList,
    summary: 'The roles and what they allow.',
    handler: () => ({
      roles: ALL_ROLES.map((name) => ({ name, permissions: ROLES[name] })),
      permissions: ALL_PERMISSIONS.map((name) => ({ name, ...PERMISSIONS[name] })),
    }),
  }),
  route({
    method: 'get',
    path: '/users',
    access: 'users:read',
    input: { query },
    output: userPage,
    summary: 'The users, by role or e-mail, a page at a time.',
    handler: ({ query }, { deps }) => deps.users.list(query),
  }),
  route({
    method: 'get',
    path: '/users/:uid',
    access: 'users:read',
    input: { params: ofUser },
    output: user,
    summary: 'One user.',
    handler: ({ params }, { deps }) => deps.users.get(params.uid),
  }),
  route({
    method: 'put',
    path: '/users/:uid/roles',
    access: 'roles:assign',
    input: { params: ofUser, body: roleChange },
    output: user,
    summary: 'Set a user’s roles.',
    handler: ({ params, body }, { principal, deps, requestId }) =>
      deps.users.setRoles({ principal, requestId }, { ...body, uid: params.uid }),
  }),
  route({
    method: 'patch',
    path: '/users/:uid',
    access: 'users:write',
    input: { params: ofUser, body: z.strictObject({ disabled: z.boolean() }) },
    output: user,
    summary: 'Disable or enable a user.',
    handler: ({ params, body }, { principal, deps, requestId }) =>
      deps.users.setDisabled({ principal, requestId }, params.uid, body.disabled),
  }),
  route({
    method: 'delete',
    path: '/users/:uid',
    access: 'users:write',
    input: { params: ofUser },
    output: null,
    summary: 'Delete a user for good.',
    handler: ({ params }, { principal, deps, requestId }) =>
      deps.users.remove({ principal, requestId }, params.uid),
  }),
  route({
    method: 'post',
    path: '/users/:uid/revoke',
    access: 'sessions:revoke',
    input: { params: ofUser },
    output: user,
    summary: 'Sign a user out everywhere.',
    handler: ({ params }, { principal, deps, requestId }) =>
      deps.users.revoke({ principal, requestId }, params.uid),
  }),
];
