import type { CallableOptions } from 'firebase-functions/https';
import * as z from 'zod';
import type { Deps } from '../deps.ts';
import { toPrincipalView } from '../users/principal-view.ts';
import { access, roleChange, uid, user, userPage, userQuery } from '../users/schema.ts';
import { callable } from './callable.ts';

/**
 * The callable functions: the services of the HTTP API for those who use a Firebase client SDK.
 *
 * @param runAs options of single functions, by name
 */
export function createCallables(
  options: CallableOptions,
  deps: () => Deps,
  runAs: Readonly<Record<string, CallableOptions>> = {},
) {
  return {
    /** Who am I, and what may I do? */
    getMyAccess: callable({ ...options, ...runAs.getMyAccess }, deps, {
      access: 'signed-in',
      changes: false,
      input: z.strictObject({}),
      output: access,
      handler: (_input, { principal }) => toPrincipalView(principal),
    }),
    /** The users, by role, e-mail or state, a page at a time. */
    listUsers: callable({ ...options, ...runAs.listUsers }, deps, {
      access: { permission: 'users:read' },
      changes: false,
      input: userQuery,
      output: userPage,
      handler: (query, context) => context.deps.users.list(query),
    }),
    /** Set a user's grants. */
    setUserRoles: callable({ ...options, ...runAs.setUserRoles }, deps, {
      access: { permission: 'roles:assign' },
      changes: true,
      input: roleChange.extend({ uid }),
      output: user,
      handler: (change, { principal, requestId, ...context }) =>
        context.deps.users.setRoles({ kind: 'principal', principal, requestId }, change, {
          permission: 'roles:assign',
        }),
    }),
    /** Sign a user out everywhere. */
    revokeSessions: callable({ ...options, ...runAs.revokeSessions }, deps, {
      access: { permission: 'sessions:revoke' },
      changes: true,
      input: z.strictObject({ uid }),
      output: user,
      handler: (input, { principal, requestId, ...context }) =>
        context.deps.users.revoke({ kind: 'principal', principal, requestId }, input.uid, {
          permission: 'sessions:revoke',
        }),
    }),
  };
}
