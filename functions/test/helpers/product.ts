import gatehouse from '../../gatehouse.config.ts';
import type { ProductConfig } from '../../src/product-config.ts';

/** Fields of `gatehouse.config.ts` for one test. Their types allow invalid values. */
export interface ProductFields {
  readonly defaultRole?: string;
  readonly signUp?: { readonly emailDomains: readonly string[] };
  readonly signIn?: unknown;
  readonly sessions?: unknown;
  readonly mfa?: unknown;
  readonly rateLimits?: unknown;
  readonly trustedIssuers?: readonly unknown[];
}

/** Tests of everything else call as often as they want. */
export const UNLIMITED = { read: null, write: null, privileged: null, credential: null };

/**
 * The permissions and roles of `gatehouse.config.ts`, with the given fields. Fields that are left out do not depend on
 * that file: the default role is member, every domain may sign up, every sign-in is allowed, no class of operations has a
 * rate limit, and no issuer is trusted.
 */
export function productOf({
  defaultRole = 'member',
  signUp = { emailDomains: [] },
  signIn,
  sessions,
  mfa,
  rateLimits = UNLIMITED,
  trustedIssuers = [],
}: ProductFields = {}): ProductConfig {
  const given = {
    defaultRole,
    signUp,
    signIn,
    sessions,
    mfa,
    rateLimits,
    trustedIssuers: () => trustedIssuers,
  };
  return { ...gatehouse, ...given };
}
