import { hasHidden } from '../core/text.ts';

/** The parts of an account that the policy looks at. */
interface SignUpRequest {
  readonly email?: string | undefined;
  readonly emailVerified?: boolean | undefined;
}

/** `refused`: no account. `unverified`: an account without roles until the e-mail address is verified. */
type SignUpDecision = 'admitted' | 'unverified' | 'refused';

/** One `@`, text on both sides, no white space. An ambiguous address is refused, also one with hidden characters. */
const ADDRESS = /^[^@\s]+@([^@\s]+)$/;

/**
 * May this user have an account, and roles? Without a list of domains, every user.
 *
 * The domain is what follows the only `@` and is compared whole: `x@acme.com.evil.com` and `x@notacme.com` are not
 * `acme.com`. An unverified address gives no roles: anyone can type one.
 *
 * @param domains lower-case, for example `['acme.com']`; empty admits every user
 */
export function evaluateSignUp(
  { email, emailVerified }: SignUpRequest,
  domains: readonly string[],
): SignUpDecision {
  if (domains.length === 0) return 'admitted';
  const domain = email === undefined || hasHidden(email) ? undefined : ADDRESS.exec(email)?.[1];
  if (domain === undefined || !domains.includes(domain.toLowerCase())) return 'refused';
  return emailVerified === true ? 'admitted' : 'unverified';
}
