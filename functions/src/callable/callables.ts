import type { CallableOptions } from 'firebase-functions/https';
import * as z from 'zod';
import type { Deps } from '../deps.ts';
import { toPrincipalView } from '../users/principal-view.ts';
import { access, roleChange, uid, user, userPage, userQuery } from '../users/schema.ts';
import { toUserPageView, toUserView } from '../users/user-view.ts';
import { callable } from './callable.ts';

/**
 * The callable functions: the services of the HTTP API for those who use a Firebase client SDK.
 */
export function createCallables(options: CallableOptions, deps: () => Deps) {
  return {
    /** Who am I, and what may I do? */
    getMyAccess: callable(options, deps, {
      access: 'signed-in',
      changes: false,
      input: z.strictObject({}),
      output: access,
      handler: (_input, { principal }) => toPrincipalView(principal),
    }),
    /** The users, by role, e-mail or state, a page at a time. */
    listUsers: callable(options, deps, {
      access: { permission: 'users:read' },
      changes: false,
      input: userQuery,
      output: userPage,
      handler: async (query, context) =>
        toUserPageView(await context.deps.users.list(query), context.deps.clock),
    }),
    /** Set a user's grants. */
    setUserRoles: callable(options, deps, {
      access: { permission: 'roles:assign' },
      changes: true,
      input: roleChange.extend({ uid }),
      output: user,
      handler: async (change, { principal, requestId, ...context }) =>
        toUserView(await context.deps.users.setRoles({ principal, requestId }, change), context.deps.clock),
    }),
    /** Sign a user out everywhere. */
    revokeSessions: callable(options, deps, {
      access: { permission: 'sessions:revoke' },
      changes: true,
      input: z.strictObject({ uid }),
      output: user,
      handler: async (input, { principal, requestId, ...context }) =>
        toUserView(await context.deps.users.revoke({ principal, requestId }, input.uid), context.deps.clock),
    }),
  };
}
