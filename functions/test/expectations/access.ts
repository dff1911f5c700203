import assert from 'node:assert/strict';
import { permissionOf } from '../../src/authz/access-rule.ts';
import type { FactorScope } from '../../src/authz/factor-policy.ts';
import type { Permission } from '../../src/authz/permissions.ts';
import { permissionsOf, type Role } from '../../src/authz/roles.ts';
import { routes } from '../helpers/operations.ts';

/**
 * Who may do what, stated a second time on purpose: a change of `gatehouse.config.ts` that gives a role more or less
 * than is listed here fails a test. All other tests take roles and permissions from the configuration.
 *
 * New roles, permissions and operations need no line here. List a role to pin it down.
 */

/** Of the permissions that are listed in this file, exactly these. */
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

/** The permissions that this file names; those that were added later are not compared. */
export const isListed = (permission: Permission): boolean =>
  [...Object.values(HOLDS).flat(), ...PRIVILEGED, ...Object.values(OPERATION_NEEDS)].some(
    (listed) => listed === permission,
  );

/** What a caller needs: a permission, a verified credential, or nothing. */
export type Need = Permission | 'signed-in' | 'public';

/** By operation: its HTTP route and its callable function alike. */
export const OPERATION_NEEDS: Readonly<Record<string, Need>> = {
  getHealth: 'public',
  getOpenApi: 'public',
  getError: 'public',
  exchangeToken: 'public',
  createFirebaseToken: 'signed-in',
  getMyAccess: 'signed-in',
  revokeMySessions: 'signed-in',
  listMySessions: 'signed-in',
  endMySession: 'signed-in',
  listUserSessions: 'sessions:revoke',
  endUserSession: 'sessions:revoke',
  claimOwner: 'signed-in',
  createSession: 'signed-in',
  getCurrentSession: 'signed-in',
  endCurrentSession: 'public',
  stepUpSession: 'signed-in',
  listMyFactors: 'signed-in',
  startTotp: 'signed-in',
  confirmTotp: 'signed-in',
  renameFactor: 'signed-in',
  deleteFactor: 'signed-in',
  createRecoveryCodes: 'signed-in',
  resetUserFactors: 'users:write',
  createPasskeyOptions: 'signed-in',
  createPasskey: 'signed-in',
  stepUp: 'signed-in',
  getStepUpOptions: 'signed-in',
  getSignInOptions: 'public',
  verifySignIn: 'public',
  listRoles: 'roles:read',
  listUsers: 'users:read',
  getUser: 'users:read',
  getUserRoles: 'users:read',
  setUserRoles: 'roles:assign',
  getUserGrant: 'users:read',
  grantUserRole: 'roles:assign',
  revokeUserRole: 'roles:assign',
  updateUser: 'users:write',
  deleteUser: 'users:write',
  createUser: 'users:write',
  revokeSessions: 'sessions:revoke',
  listAuditEvents: 'audit:read',
  exportAuditEvents: 'audit:read',
  reconcileDirectory: 'directory:reconcile',
  listNotes: 'notes:read',
  createNote: 'notes:write',
  getNote: 'notes:read',
  updateNote: 'notes:write',
  deleteNote: 'notes:write',
};

/**
 * Operations that a user who needs a second factor can call without one: those that begin the sign-in or prove the factor, and
 * those that enrol the first one.
 */
export const FACTOR_SCOPES: Readonly<Record<string, FactorScope>> = {
  createSession: 'exempt',
  getCurrentSession: 'exempt',
  stepUpSession: 'exempt',
  listMyFactors: 'exempt',
  getStepUpOptions: 'exempt',
  stepUp: 'exempt',
  startTotp: 'enrolment',
  confirmTotp: 'enrolment',
  createPasskeyOptions: 'enrolment',
  createPasskey: 'enrolment',
  renameFactor: 'enrolment',
  deleteFactor: 'enrolment',
  createRecoveryCodes: 'enrolment',
};

/** Does a signed-in user with this role (or without a role) have the needed permission? */
export function meets(role: Role | 'norole', need: Need): boolean {
  if (need === 'public' || need === 'signed-in') return true;
  return role !== 'norole' && permissionsOf([role]).includes(need);
}

/** May this caller call the operation? An operation without an expectation needs what its access rule says. */
export function mayCall(name: string, who: Role | 'norole' | 'anonymous'): boolean {
  const rule = routes.find((row) => row.name === name)?.access ?? assert.fail(`no operation ${name}`);
  const need = OPERATION_NEEDS[name] ?? permissionOf(rule) ?? (rule === 'public' ? 'public' : 'signed-in');
  return who === 'anonymous' ? need === 'public' : meets(who, need);
}
