import type { Principal } from '../authn/principal.ts';
import { isPrivileged, type Permission } from './permissions.ts';

/**
 * Who may pass a gate. There is no default: every route and callable says one.
 * - `public`: anybody, without or with a valid credential
 * - `signed-in`: any authenticated principal
 * - a permission, or a permission restricted to the caller's `own` resources, `unless` they hold another one, too
 */
export type Access =
  | 'public'
  | 'signed-in'
  | Permission
  | { readonly permission: Permission; readonly own: true; readonly unless?: Permission };

/** What the decision is about. @property owner directory id of whom the resource belongs to. */
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

  const permission = typeof access === 'string' ? access : access.permission;
  if (!principal.permissions.includes(permission)) {
    return { allowed: false, reason: 'missing-permission', missing: permission };
  }
  const mayPass = !dependsOnOwner(principal, access) || isOwn(principal, resource);
  return mayPass ? { allowed: true, reason: 'granted' } : { allowed: false, reason: 'not-own' };
}

/** Does the decision hang on whose the resource is? Only then is it worth looking at. */
export function dependsOnOwner({ permissions }: Principal, access: Access): boolean {
  if (typeof access === 'string' || !permissions.includes(access.permission)) return false;
  return access.unless === undefined || !permissions.includes(access.unless);
}

function isOwn({ directoryId }: Principal, resource: Resource | undefined): boolean {
  return directoryId !== undefined && resource?.owner === directoryId;
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
