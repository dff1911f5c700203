import { emailDomain } from '../core/email.ts';
import { type Account, emailAddressesOf } from '../platform/firebase-auth/account.ts';

/** The parts of an account that the policy looks at. */
type SignUpRequest = Partial<Pick<Account, 'email' | 'emailVerified' | 'providerEmails'>>;

/** `refused`: no account. `unverified`: an account without roles until the e-mail address is verified. */
type SignUpDecision = 'admitted' | 'unverified' | 'refused';

/**
 * May this user have an account, and roles? Without a list of domains, every user. Else one address of the account or of its
 * providers has to be of a domain of the list.
 *
 * An unverified address gives no roles: anyone can type one.
 *
 * @param domains lower-case, for example `['acme.com']`; empty admits every user
 */
export function evaluateSignUp(request: SignUpRequest, domains: readonly string[]): SignUpDecision {
  if (domains.length === 0) return 'admitted';
  const ofDomain = emailAddressesOf(request).filter(({ address }) => {
    const domain = emailDomain(address);
    return domain !== undefined && domains.includes(domain);
  });
  if (ofDomain.length === 0) return 'refused';
  return ofDomain.some(({ verified }) => verified) ? 'admitted' : 'unverified';
}
