import type { AccessRule } from './access-rule.ts';
import type { Permission } from './permissions.ts';
import type { Principal } from './principal.ts';

/** What the decision is about. @property owner directory id of the user that the resource belongs to */
export interface Resource {
  readonly owner: string;
}

export type Decision =
  | { readonly allowed: true; readonly reason: 'public' | 'signed-in' | 'granted' }
  | Denial;

export type Denial =
  | { readonly allowed: false; readonly reason: 'anonymous' }
  | { readonly allowed: false; readonly reason: 'missing-permission'; readonly missing: Permission }
  | { readonly allowed: false; readonly reason: 'not-own' };

/** May this principal call the operation? Pure: no I/O and no clock. What no rule allows is denied. */
export function decide(principal: Principal, rule: AccessRule, resource?: Resource): Decision {
  if (rule === 'public') return { allowed: true, reason: 'public' };
  if (principal.kind === 'anonymous') return { allowed: false, reason: 'anonymous' };
  if (rule === 'signed-in') return { allowed: true, reason: 'signed-in' };
  if (!principal.permissions.includes(rule.permission)) {
    return { allowed: false, reason: 'missing-permission', missing: rule.permission };
  }
  const mayPass = !dependsOnOwner(principal, rule) || isOwn(principal, resource);
  return mayPass ? { allowed: true, reason: 'granted' } : { allowed: false, reason: 'not-own' };
}

/** Does the decision depend on the owner of the resource? Only then does the resource have to be loaded for it. */
export function dependsOnOwner({ permissions }: Principal, rule: AccessRule): boolean {
  if (typeof rule === 'string' || rule.own === undefined || !permissions.includes(rule.permission))
    return false;
  return rule.unless === undefined || !permissions.includes(rule.unless);
}

function isOwn({ directoryId }: Principal, resource: Resource | undefined): boolean {
  return directoryId !== undefined && resource?.owner === directoryId;
}
