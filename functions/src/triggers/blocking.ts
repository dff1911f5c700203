import {
  type AuthBlockingEvent,
  type BlockingOptions,
  beforeUserCreated,
  beforeUserSignedIn,
  HttpsError,
} from 'firebase-functions/identity';
import { rolesFromClaim } from '../authz/roles.ts';
import type { Config } from '../config.ts';
import { AppError } from '../errors.ts';
import { mergeClaims } from '../users/claims.ts';
import { admit } from '../users/sign-up-policy.ts';

/**
 * Identity Platform asks these before it creates a user and before every sign-in; anonymous and custom-token sign-ins
 * excepted. They have 7 seconds together with their cold start, so they call nobody: the event says all they need.
 * https://firebase.google.com/docs/auth/extend-with-blocking-functions
 */
export function createBlockingFunctions(
  options: BlockingOptions,
  config: () => Pick<Config, 'defaultRole' | 'signUpDomains'>,
  runAs: Readonly<Record<string, BlockingOptions>> = {},
) {
  return {
    /** Refuses who may not sign up, and gives the default role. */
    beforeUserCreated: beforeUserCreated({ ...options, ...runAs.beforeUserCreated }, (event) => {
      const { email, emailVerified } = userOf(event);
      if (admit({ email, emailVerified }, config().signUpDomains) === 'refused') {
        throw new HttpsError('permission-denied', 'Sign-up is not open to this e-mail address.');
      }
      return firstClaims(event);
    }),
    /** Refuses disabled accounts, and gives the default role to those who never had one. */
    beforeUserSignedIn: beforeUserSignedIn({ ...options, ...runAs.beforeUserSignedIn }, (event) => {
      if (userOf(event).disabled) throw new HttpsError('permission-denied', 'This account is disabled.');
      return firstClaims(event);
    }),
  };

  /** `customClaims` of the answer are stored, and replace what was there. */
  function firstClaims(event: AuthBlockingEvent) {
    const { email, emailVerified, customClaims = {} } = userOf(event);
    const { defaultRole, signUpDomains } = config();
    const hadRoles = customClaims.rv !== undefined || rolesFromClaim(customClaims.roles).length > 0;
    const admitted = admit({ email, emailVerified }, signUpDomains) === 'admitted';
    if (hadRoles || !admitted || defaultRole === 'none') return {};
    try {
      return { customClaims: mergeClaims(customClaims, { roles: [defaultRole], rolesVersion: 1 }) };
    } catch (error) {
      // No room beside the claims of others: no role, but no locked door either.
      if (error instanceof AppError && error.code === 'claims_too_large') return {};
      throw error;
    }
  }
}

function userOf(event: AuthBlockingEvent) {
  if (event.data === undefined) throw new HttpsError('invalid-argument', 'The event names no user.');
  return event.data;
}
