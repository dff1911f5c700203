import type { Authenticated } from '../authn/credential.ts';
import type { AccessRule } from '../authz/access-rule.ts';
import {
  type FactorPolicy,
  type FactorScope,
  underFactorPolicy,
  withAssurance,
  withStepUp,
} from '../authz/factor-policy.ts';
import type { Principal } from '../authz/principal.ts';
import type { Assurance } from '../core/access-types.ts';
import type { ProvableFactor } from '../core/errors.ts';

/** The proofs of second factors, as the guard uses them. Implemented by the module `mfa`. */
export interface SecondFactors {
  /**
   * Finds the step-up of a bearer token: the second factor that its user has proved since the sign-in. It is bound to the
   * directory id and `auth_time`, and ends when the roles change. (That of a session is in the session.)
   *
   * @param rolesVersion of the directory entry that the principal's roles were read from
   * @param fresh read it from Firestore, not from memory
   * @param since second since the epoch: an older one may be in memory, after another instance has written a later one
   * @returns undefined when there is none
   * @throws AppError `unavailable`
   */
  findStepUp(
    principal: Principal,
    rolesVersion: number,
    options: { readonly fresh: boolean; readonly since: number },
  ): Promise<Assurance | undefined> | Assurance | undefined;
  /** What the user can prove, for the answer `step_up_required`. @throws AppError `unavailable` */
  provableFactors(principal: Principal): Promise<readonly ProvableFactor[]>;
}

/** The rule that applies to a caller: that of the operation, with what the policy about second factors adds. */
export function ruleFor(
  { principal, session, record = session?.record, issued }: Authenticated,
  access: AccessRule,
  policy: FactorPolicy,
  scope?: FactorScope,
): AccessRule {
  const caller = { principal, issuedRoles: issued?.roles, factors: record?.factors };
  return underFactorPolicy(access, caller, policy, scope);
}

/**
 * The principal with the second factor that it has proved since the sign-in. That of a session cookie has it already.
 *
 * @returns the principal itself when there is none
 * @throws AppError `unavailable`
 */
export async function findProof(
  secondFactors: Pick<SecondFactors, 'findStepUp'>,
  { principal, record, directoryVersion }: Authenticated,
  options: Parameters<SecondFactors['findStepUp']>[2],
): Promise<Principal> {
  if (principal.kind !== 'user' || principal.credential !== 'bearer') return principal;
  const { rolesVersion = 0 } = record ?? directoryVersion ?? {};
  const stepUp = await secondFactors.findStepUp(principal, rolesVersion, options);
  return stepUp === undefined ? principal : withAssurance(principal, withStepUp(principal.assurance, stepUp));
}
