import * as z from 'zod';
import { ALL_PERMISSIONS, PERMISSIONS } from '../authz/permissions.ts';
import { ALL_ROLES, ROLES } from '../authz/roles.ts';
import { toPrincipalView } from '../users/principal-view.ts';
import {
  access,
  permissionName,
  roleChange,
  roleName,
  uid,
  user,
  userPage,
  userQuery,
  userRoles,
} from '../users/schema.ts';
import { accessRoutes } from './access-routes.ts';
import { auditRoutes } from './audit-routes.ts';
import { identityRoutes } from './identity-routes.ts';
import { toPrecondition, versionFrom } from './if-match.ts';
import { notesRoutes } from './notes-routes.ts';
import { flag, pageSize } from './query-text.ts';
import { type Route, route } from './route.ts';

const ofUser = z.strictObject({ uid });
const query = userQuery.extend({ pageSize: pageSize(100), disabled: flag.optional() });

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
    handler: (_input, { principal }) => toPrincipalView(principal),
  }),
  route({
    method: 'post',
    path: '/me/revoke',
    access: 'signed-in',
    input: {},
    output: user,
    summary: 'Sign me out everywhere.',
    handler: (_input, { principal, deps, requestId }) =>
      deps.users.revokeOwn({ kind: 'principal', principal, requestId }),
  }),
  route({
    method: 'get',
    path: '/roles',
    access: { permission: 'roles:read' },
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
    access: { permission: 'users:read' },
    input: { query },
    output: userPage,
    summary: 'The users, by role, e-mail or state, a page at a time.',
    handler: ({ query }, { deps }) => deps.users.list(query),
  }),
  route({
    method: 'get',
    path: '/users/:uid',
    access: { permission: 'users:read' },
    input: { params: ofUser },
    output: user,
    summary: 'One user.',
    handler: ({ params }, { deps }) => deps.users.get(params.uid),
  }),
  route({
    method: 'get',
    path: '/users/:uid/roles',
    access: { permission: 'users:read' },
    input: { params: ofUser },
    output: userRoles,
    summary: 'A user’s grants, and their version as the ETag.',
    etag: ({ version }) => `"${version}"`,
    handler: ({ params }, { deps }) => deps.users.getRoles(params.uid),
  }),
  route({
    method: 'put',
    path: '/users/:uid/roles',
    access: { permission: 'roles:assign' },
    input: { params: ofUser, body: roleChange.partial({ version: true }) },
    output: user,
    summary: 'Set a user’s grants. Say which version you read: in the body, or as If-Match.',
    etag: ({ version }) => `"${version}"`,
    handler: async ({ params, body }, { principal, deps, requestId, ifMatch }) => {
      const version = versionFrom(body.version, ifMatch);
      const change = { ...body, version, uid: params.uid };
      try {
        return await deps.users.setRoles({ kind: 'principal', principal, requestId }, change, {
          permission: 'roles:assign',
        });
      } catch (error) {
        throw toPrecondition(error, ifMatch);
      }
    },
  }),
  route({
    method: 'patch',
    path: '/users/:uid',
    access: { permission: 'users:write' },
    input: { params: ofUser, body: z.strictObject({ disabled: z.boolean() }) },
    output: user,
    summary: 'Disable or enable a user.',
    handler: ({ params, body }, { principal, deps, requestId }) =>
      deps.users.setDisabled({ kind: 'principal', principal, requestId }, params.uid, body.disabled, {
        permission: 'users:write',
      }),
  }),
  route({
    method: 'delete',
    path: '/users/:uid',
    access: { permission: 'users:write' },
    input: { params: ofUser },
    output: null,
    summary: 'Delete a user for good.',
    handler: ({ params }, { principal, deps, requestId }) =>
      deps.users.remove({ kind: 'principal', principal, requestId }, params.uid, {
        permission: 'users:write',
      }),
  }),
  route({
    method: 'post',
    path: '/users/:uid/revoke',
    access: { permission: 'sessions:revoke' },
    input: { params: ofUser },
    output: user,
    summary: 'Sign a user out everywhere.',
    handler: ({ params }, { principal, deps, requestId }) =>
      deps.users.revoke({ kind: 'principal', principal, requestId }, params.uid, {
        permission: 'sessions:revoke',
      }),
  }),
  ...identityRoutes,
  ...accessRoutes,
  ...auditRoutes,
  ...notesRoutes,
];
