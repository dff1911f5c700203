import { hasHidden } from './text.ts';

/** One `@`, text on both sides, no white space. */
const ADDRESS = /^[^@\s]+@([^@\s]+)$/;

/**
 * The domain of an e-mail address, in lower case, to be compared as a whole: `x@acme.com.evil.com` and `x@notacme.com` are not
 * of `acme.com`.
 *
 * @returns undefined for an ambiguous address, also for one with hidden characters
 */
export function emailDomain(address: string): string | undefined {
  return hasHidden(address) ? undefined : ADDRESS.exec(address.toLowerCase())?.[1];
}
