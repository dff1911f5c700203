import type { Principal } from '../authn/principal.ts';
import { isPrivileged, type Permission } from './permissions.ts';

/**
 * Who may pass a gate. There is no default: every route and callable says one.
 * - `public`: anybody, without or with a valid credential
 * - `signed-in`: any authenticated principal
 * - a permission, or a permission restricted to the caller's `own` resources
 */
export type Access =
  | 'public'
  | 'signed-in'
  | Permission
  | { readonly permission: Permission; readonly own: true };

/** What the decision is about. @property owner subject the resource belongs to. */
export interface Resource {
  readonly owner: string;
}

export type Decision =
  | { readonly allowed: true; readonly reason: 'public' | 'signed-in' | 'granted' }
  | {
      readonly allowed: false;
      readonly reason: 'anonymous' | 'missing-permission' | 'not-own';
      readonly missing?: Permission;
    };

/**
 * May this principal pass? Pure: no I/O, no clock, so that it can be read aloud and tested to the last branch.
 * What is not allowed here by a rule is denied.
 */
export function decide(principal: Principal, access: Access, resource?: Resource): Decision {
  if (access === 'public') return { allowed: true, reason: 'public' };
  if (principal.kind === 'anonymous') return { allowed: false, reason: 'anonymous' };
  if (access === 'signed-in') return { allowed: true, reason: 'signed-in' };

  const { permission, own } = typeof access === 'string' ? { permission: access, own: false } : access;
  if (!principal.permissions.includes(permission)) {
    return { allowed: false, reason: 'missing-permission', missing: permission };
  }
  if (own && resource?.owner !== principal.subject) return { allowed: false, reason: 'not-own' };
  return { allowed: true, reason: 'granted' };
}

/** The permission an access asks for, if it asks for one. */
export function permissionOf(access: Access): Permission | undefined {
  if (access === 'public' || access === 'signed-in') return undefined;
  return typeof access === 'string' ? access : access.permission;
}

/** Must this be decided on the server-side record rather than on the token's claims? */
export function needsFreshRecord(access: Access): boolean {
  const permission = permissionOf(access);
  return permission !== undefined && isPrivileged(permission);
}
