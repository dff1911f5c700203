/** The parts of an account that the policy looks at. */
export interface SignUpRequest {
  readonly email?: string | undefined;
  readonly emailVerified?: boolean | undefined;
}

/** `refused`: may not exist. `unverified`: may exist, without rights, until the e-mail is verified. */
export type SignUpDecision = 'admitted' | 'unverified' | 'refused';

/**
 * May this person have an account, and with rights? Without a list of domains, everybody.
 *
 * The domain is what follows the only `@` and is compared whole: `x@acme.com.evil.com` and `x@notacme.com` are not
 * `acme.com`. An address that nobody has proved to own gives no rights, or anybody could type one.
 *
 * @param domains lower-case, e.g. `['acme.com']`; empty admits everybody
 */
export function evaluateSignUp(
  { email, emailVerified }: SignUpRequest,
  domains: readonly string[],
): SignUpDecision {
  if (domains.length === 0) return 'admitted';
  const domain = email === undefined ? undefined : ADDRESS.exec(email)?.[1];
  if (domain === undefined || !domains.includes(domain.toLowerCase())) return 'refused';
  return emailVerified === true ? 'admitted' : 'unverified';
}

/** One `@` with something on both sides and nothing invisible: an address that could be read two ways is refused. */
const ADDRESS = /^[^@\s\p{Cc}]+@([^@\s\p{Cc}]+)$/u;
