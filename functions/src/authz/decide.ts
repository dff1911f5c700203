import type { AssuranceRule, Resource } from '../core/access-types.ts';
import { AppError, type ProvableFactor } from '../core/errors.ts';
import type { GrantReason } from '../core/refusal-reasons.ts';
import type { AccessRule, PermissionRule } from './access-rule.ts';
import type { Permission } from './permissions.ts';
import type { Principal } from './principal.ts';

export type { Resource } from '../core/access-types.ts';

export type Decision = { readonly allowed: true; readonly reason: GrantReason } | Denial;

type Denial =
  | { readonly allowed: false; readonly reason: 'anonymous' }
  | { readonly allowed: false; readonly reason: 'missing-permission'; readonly missing: Permission }
  | { readonly allowed: false; readonly reason: 'not-own' }
  | { readonly allowed: false; readonly reason: 'step-up-required'; readonly needed: AssuranceRule };

/**
 * May this principal call the operation? Pure: no I/O and no clock. What no rule allows is denied.
 *
 * @param now seconds since the epoch
 */
export function decide(
  principal: Principal,
  rule: AccessRule,
  resource: Resource | undefined,
  now: number,
): Decision {
  if (rule === 'public') return { allowed: true, reason: 'public' };
  if (principal.kind === 'anonymous') return { allowed: false, reason: 'anonymous' };
  if (rule === 'signed-in') return { allowed: true, reason: 'signed-in' };
  if (rule.signedIn !== true) {
    const denial = checkPermission(principal, rule, resource);
    if (denial !== undefined) return denial;
  }
  // Last: a step-up would not help where the permission is missing.
  if (!isAssured(principal, rule, now)) return { allowed: false, reason: 'step-up-required', needed: rule };
  return { allowed: true, reason: rule.signedIn === true ? 'signed-in' : 'granted' };
}

function checkPermission(
  principal: Principal,
  rule: PermissionRule,
  resource: Resource | undefined,
): Denial | undefined {
  if (!principal.permissions.includes(rule.permission)) {
    return { allowed: false, reason: 'missing-permission', missing: rule.permission };
  }
  const mayPass = !dependsOnOwner(principal, rule) || isOwn(principal, resource);
  return mayPass ? undefined : { allowed: false, reason: 'not-own' };
}

/** A sign-in of unknown time fails every `maxAge`. */
function isAssured({ assurance: { level, at } }: Principal, rule: AssuranceRule, now: number): boolean {
  if (rule.assurance === 'aal2' && level !== 'aal2') return false;
  return rule.maxAge === undefined || (at !== undefined && now - at <= rule.maxAge);
}

/** Does the decision depend on the owner of the resource? Only then does the resource have to be loaded for it. */
export function dependsOnOwner({ permissions }: Principal, rule: AccessRule): boolean {
  if (typeof rule === 'string' || rule.signedIn === true) return false;
  if (rule.own === undefined || !permissions.includes(rule.permission)) return false;
  return rule.unless === undefined || !permissions.includes(rule.unless);
}

function isOwn({ directoryId }: Principal, resource: Resource | undefined): boolean {
  return directoryId !== undefined && resource?.owner === directoryId;
}

/**
 * The error that a caller gets for a denied decision.
 *
 * @param factors what the caller can prove, for `step_up_required`; undefined: a step-up would not help, or it is not known
 */
export function toDenialError(denial: Denial, factors?: readonly ProvableFactor[]): AppError {
  switch (denial.reason) {
    case 'anonymous':
      return new AppError('unauthenticated', 'Send an Authorization header: Bearer <ID token>.');
    case 'missing-permission':
      return new AppError('permission_denied', `This needs the permission ${denial.missing}.`, {
        missing: denial.missing,
      });
    case 'not-own':
      // The same answer as for a resource that does not exist, so that ids cannot be guessed.
      return new AppError('not_found', 'The resource does not exist, or it belongs to another user.');
    case 'step-up-required': {
      const { assurance, maxAge } = denial.needed;
      const how =
        assurance === 'aal2' ? 'Prove a second factor, or sign in again with one.' : 'Sign in again.';
      return new AppError('step_up_required', how, { stepUp: { assurance, maxAge, factors } });
    }
  }
}
