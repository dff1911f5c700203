import type { Permission } from '../../src/authz/permissions.ts';
import { permissionsOf, type Role } from '../../src/authz/roles.ts';

/**
 * Who may do what, said a second time on purpose: a change of `gatehouse.config.ts` that gives a role more or less than is
 * listed here fails a test. Everything else in the tests takes roles and permissions from the configuration.
 *
 * New roles and permissions need no line here. List a role to pin it down.
 */

/** Exactly these. */
export const HOLDS: Readonly<Partial<Record<Role, readonly Permission[]>>> = {
  member: ['notes:read', 'notes:write'],
  support: ['notes:read', 'notes:write', 'notes:moderate', 'users:read', 'sessions:revoke'],
  auditor: ['users:read', 'roles:read', 'audit:read'],
};

/** Everything but these. */
export const HOLDS_ALL_BUT: Readonly<Partial<Record<Role, readonly Permission[]>>> = {
  admin: ['owners:assign', 'directory:reconcile'],
  owner: [],
};

/** Permissions that change who may do what. They stay privileged. */
export const PRIVILEGED: readonly Permission[] = [
  'users:write',
  'roles:assign',
  'owners:assign',
  'directory:reconcile',
];

/** What the rules let a role do with notes of its own, and with notes of others: get, list, create, update, delete. */
export const NOTES_IN_RULES: Readonly<Partial<Record<Role, readonly [own: string, others: string]>>> = {
  member: ['glcud', '-----'],
  support: ['glcud', 'gl--d'],
  auditor: ['-----', '-----'],
  admin: ['glcud', 'gl--d'],
  owner: ['glcud', 'gl--d'],
};

/** What a caller needs: a permission, a verified credential, or nothing. */
export type Need = Permission | 'signed-in' | 'public';

/** By route of the HTTP API. */
export const ROUTE_NEEDS: Readonly<Record<string, Need>> = {
  'GET /health': 'public',
  'GET /openapi.json': 'public',
  'GET /me': 'signed-in',
  'POST /me/revoke': 'signed-in',
  'GET /roles': 'roles:read',
  'GET /users': 'users:read',
  'POST /users': 'users:write',
  'GET /users/:uid': 'users:read',
  'GET /users/:uid/roles': 'users:read',
  'PUT /users/:uid/roles': 'roles:assign',
  'PATCH /users/:uid': 'users:write',
  'DELETE /users/:uid': 'users:write',
  'POST /users/:uid/revoke': 'sessions:revoke',
  'PUT /users/:uid/link': 'users:write',
  'DELETE /users/:uid/link': 'users:write',
  'POST /token/exchange': 'public',
  'GET /notes': 'notes:read',
  'POST /notes': 'notes:write',
  'GET /notes/:id': 'notes:read',
  'PATCH /notes/:id': 'notes:write',
  'DELETE /notes/:id': 'notes:write',
  'POST /access/reconcile': 'directory:reconcile',
  'GET /audit': 'audit:read',
};

/** By callable function. */
export const CALLABLE_NEEDS = {
  getMyAccess: 'signed-in',
  listUsers: 'users:read',
  setUserRoles: 'roles:assign',
  revokeSessions: 'sessions:revoke',
} as const satisfies Record<string, Need>;

/** Does a signed-in user with this one role, or without a role, have what is needed? */
export function meets(role: Role | 'norole', need: Need): boolean {
  if (need === 'public' || need === 'signed-in') return true;
  return role !== 'norole' && permissionsOf([role]).includes(need);
}
