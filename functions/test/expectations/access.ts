import assert from 'node:assert/strict';
import { permissionOf } from '../../src/authz/access-rule.ts';
import { permissionsOf, type Role } from '../../src/authz/roles.ts';
import type { Person } from '../helpers/api.ts';
import { routes } from '../helpers/operations.ts';

type Callers = 'everyone' | 'signed in' | readonly Role[];

const WRITERS = ['member', 'support', 'admin', 'owner'] as const;
const ADMINS = ['admin', 'owner'] as const;

/**
 * Who may call what, said a second time on purpose: by hand, and not read off the code. A change of an access rule or of a
 * role is a change here, too. An operation or a role of your own needs no line: without one, what its access rule and its
 * permissions say is expected.
 */
export const WHO_MAY_CALL: Readonly<Record<string, Callers>> = {
  getHealth: 'everyone',
  getOpenApi: 'everyone',
  exchangeToken: 'everyone',

  getMyAccess: 'signed in',
  revokeMySessions: 'signed in',

  listRoles: ['auditor', ...ADMINS],
  listUsers: ['support', 'auditor', ...ADMINS],
  getUser: ['support', 'auditor', ...ADMINS],
  getUserRoles: ['support', 'auditor', ...ADMINS],
  setUserRoles: ADMINS,
  updateUser: ADMINS,
  deleteUser: ADMINS,
  provisionUser: ADMINS,
  revokeSessions: ['support', ...ADMINS],

  listAuditEvents: ['auditor', ...ADMINS],
  reconcileDirectory: ['owner'],

  listNotes: WRITERS,
  createNote: WRITERS,
  getNote: WRITERS,
  updateNote: WRITERS,
  deleteNote: WRITERS,
};

/** The roles that {@link WHO_MAY_CALL} knows. */
const KNOWN_ROLES: readonly string[] = ['member', 'support', 'auditor', 'admin', 'owner'];

/** Is this caller expected to pass the access rule of an operation? */
export function mayCall(name: string, who: Person | 'anonymous'): boolean {
  const callers = WHO_MAY_CALL[name];
  const rule = routes.find((row) => row.name === name)?.access ?? assert.fail(`no operation ${name}`);
  if (callers === 'everyone' || (callers === undefined && rule === 'public')) return true;
  if (who === 'anonymous') return false;
  if (callers === 'signed in' || (callers === undefined && rule === 'signed-in')) return true;
  if (who === 'norole') return false;
  if (callers !== undefined && KNOWN_ROLES.includes(who)) return callers.includes(who);
  const permission = permissionOf(rule);
  return permission !== undefined && permissionsOf([who]).includes(permission);
}
