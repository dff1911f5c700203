/** The parts of an account that the policy looks at. */
export interface Candidate {
  readonly email?: string | undefined;
  readonly emailVerified?: boolean | undefined;
}

/** `refused`: may not exist. `unverified`: may exist, without rights, until the e-mail is verified. */
export type Admission = 'admitted' | 'unverified' | 'refused';

/**
 * May this person have an account, and with rights? Without a list of domains, everybody.
 *
 * The domain is what follows the last `@` and is compared whole: `x@acme.com.evil.com` and `x@notacme.com` are not
 * `acme.com`. An address that nobody has proved to own gives no rights, or anybody could type one.
 *
 * @param domains lower-case, e.g. `['acme.com']`; empty admits everybody
 */
export function admit({ email, emailVerified }: Candidate, domains: readonly string[]): Admission {
  if (domains.length === 0) return 'admitted';
  if (email === undefined || !domains.includes(domainOf(email))) return 'refused';
  return emailVerified === true ? 'admitted' : 'unverified';
}

function domainOf(email: string): string {
  return email.slice(email.lastIndexOf('@') + 1).toLowerCase();
}
