import type { Assurance, FactorKind } from '../core/access-types.ts';
import { type AccessRule, needsFreshRecord } from './access-rule.ts';
import { createPrincipal, type Principal } from './principal.ts';
import type { Role } from './roles.ts';

/** Whom the configuration asks for a second factor. */
export interface FactorPolicy {
  readonly requireFactorFor: readonly Role[];
  /** Seconds for which a proof suffices for privileged operations. */
  readonly maxAge: number;
}

/**
 * What an operation takes from the policy. `exempt`: nothing, as it begins the sign-in or proves the factor. `enrolment`: it
 * changes the factors; without one it is open, with one it asks for a recent proof.
 */
export type FactorScope = 'exempt' | 'enrolment';

interface Caller {
  readonly principal: Principal;
  /** Roles that the credential gives besides those of the principal. */
  readonly issuedRoles?: readonly Role[] | undefined;
  /** Of the record, where it was read for this request. */
  readonly factors?: readonly (FactorKind | 'firebase')[] | undefined;
}

/**
 * The rule that applies to a caller: the rule of the operation, with what the policy adds. Privileged operations ask every
 * user for a recent second factor who has one. Users with a role of `requireFactorFor` need one for everything.
 */
export function underFactorPolicy(
  rule: AccessRule,
  { principal, issuedRoles = [], factors = [] }: Caller,
  { requireFactorFor, maxAge }: FactorPolicy,
  scope?: FactorScope,
): AccessRule {
  if (rule === 'public' || scope === 'exempt' || principal.kind !== 'user') return rule;
  if (scope === 'enrolment') return factors.length > 0 ? withFactor(rule, maxAge) : rule;
  const isListed = (role: Role) => requireFactorFor.includes(role);
  const required =
    requireFactorFor.length > 0 && (principal.roles.some(isListed) || issuedRoles.some(isListed));
  if (needsFreshRecord(rule)) return required || factors.length > 0 ? withFactor(rule, maxAge) : rule;
  return required ? withFactor(rule) : rule;
}

function withFactor(rule: Exclude<AccessRule, 'public'>, maxAge = Number.POSITIVE_INFINITY): AccessRule {
  const access = rule === 'signed-in' ? ({ signedIn: true } as const) : rule;
  const longest = Math.min(maxAge, access.maxAge ?? maxAge);
  return {
    ...access,
    assurance: 'aal2',
    ...(Number.isFinite(longest) && { maxAge: longest }),
  };
}

/** The assurance of a sign-in after its user has proved a second factor. A later sign-in with one replaces it. */
export function withStepUp(signIn: Assurance, stepUp: Assurance | undefined): Assurance {
  if (stepUp === undefined) return signIn;
  const isEarlier = (stepUp.at ?? 0) < (signIn.at ?? 0);
  if (isEarlier && signIn.level === 'aal2') return signIn;
  return { ...stepUp, methods: [...new Set([...signIn.methods, ...stepUp.methods])] };
}

/** The same principal with another assurance. */
export function withAssurance(principal: Principal, assurance: Assurance): Principal {
  return createPrincipal({ ...principal, assurance }, principal.permissions);
}
