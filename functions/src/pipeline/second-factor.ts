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
   * @returns undefined when there is none
   * @throws AppError `unavailable`
   */
  findStepUp(
    principal: Principal,
    rolesVersion: number,
    options: { readonly fresh: boolean },
  ): Promise<Assurance | undefined> | Assurance | undefined;
  /** What the user can prove, for the answer `step_up_required`. @throws AppError `unavailable` */
  provableFactors(principal: Principal): Promise<readonly ProvableFactor[]>;
}
