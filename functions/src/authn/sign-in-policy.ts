import { emailDomain } from '../core/email.ts';
import { AppError, type Caller } from '../core/errors.ts';
import { isExternalId } from './external-identity.ts';

/** Which sign-ins with Firebase Auth are allowed: `signIn` of `gatehouse.config.ts`. `null`: no limit. */
export interface SignInPolicy {
  /** As `firebase.sign_in_provider` of an ID token names them. */
  readonly providers: readonly string[] | null;
  /** In lower case. The address has to be verified, too: anyone can type one. */
  readonly emailDomains: readonly string[] | null;
  readonly verifiedEmail: boolean;
  readonly anonymous: boolean;
}

/** Without `signIn` in `gatehouse.config.ts`, Firebase alone decides who may sign in. */
export const EVERY_SIGN_IN: SignInPolicy = Object.freeze({
  ...{ providers: null, emailDomains: null, verifiedEmail: false, anonymous: true },
});

/** A sign-in, as a token or a session has it. */
interface SignIn {
  /** Absent: a user of another issuer, for whom `trustedIssuers` decides. */
  readonly uid?: string | undefined;
  /** undefined: not checked, because the sign-in that a token exchange began from was. */
  readonly provider?: string | undefined;
  readonly email?: string | undefined;
  readonly emailVerified?: boolean | undefined;
}

/** What the user can do. It does not say what is allowed. */
export const SIGN_IN_REFUSALS = {
  'anonymous-not-allowed': 'Anonymous sign-in is not allowed. Sign in with an account.',
  'provider-not-allowed': 'This sign-in provider is not allowed. Sign in with another one.',
  'email-domain-not-allowed': 'Sign in with an e-mail address of an allowed domain.',
  'email-not-verified': 'Verify your e-mail address first, then refresh the token or sign in again.',
} as const;

type SignInRefusal = keyof typeof SIGN_IN_REFUSALS;

/** @returns why the policy does not allow a sign-in; undefined if it does */
export function refuseSignIn(policy: SignInPolicy, signIn: SignIn): SignInRefusal | undefined {
  const { uid, provider, email, emailVerified } = signIn;
  if (uid === undefined || isExternalId(uid)) return undefined;
  // Anonymous users have no address: the other rules are not for them.
  if (provider === 'anonymous') return policy.anonymous ? undefined : 'anonymous-not-allowed';
  const { providers, emailDomains, verifiedEmail } = policy;
  if (providers !== null && provider !== undefined && !providers.includes(provider))
    return 'provider-not-allowed';
  const domain = email === undefined ? undefined : emailDomain(email);
  if (emailDomains !== null && (domain === undefined || !emailDomains.includes(domain)))
    return 'email-domain-not-allowed';
  const needsProof = verifiedEmail || emailDomains !== null;
  return needsProof && (email === undefined || emailVerified !== true) ? 'email-not-verified' : undefined;
}

/**
 * Checks a sign-in against the policy: at the first verification of a Firebase token, and at each read of a session.
 *
 * @throws AppError `sign_in_not_allowed`
 */
export function checkSignIn(policy: SignInPolicy, signIn: SignIn & Caller): void {
  const reason = refuseSignIn(policy, signIn);
  if (reason !== undefined)
    throw new AppError('sign_in_not_allowed', SIGN_IN_REFUSALS[reason], { reason, caller: signIn });
}
