import gatehouse from '../../gatehouse.config.ts';
import type { ProductConfig } from '../../src/product-config.ts';

/** Fields of `gatehouse.config.ts` for one test. Their types allow invalid values. */
export interface ProductFields {
  readonly defaultRole?: string;
  readonly signUp?: { readonly emailDomains: readonly string[] };
  readonly signIn?: unknown;
  readonly sessions?: unknown;
  readonly trustedIssuers?: readonly unknown[];
}

/**
 * The permissions and roles of `gatehouse.config.ts`, with the given fields. Fields that are left out do not depend on
 * that file: the default role is member, every domain may sign up, every sign-in is allowed, and no
 * issuer is trusted.
 */
export function productOf({
  defaultRole = 'member',
  signUp = { emailDomains: [] },
  signIn,
  sessions,
  trustedIssuers = [],
}: ProductFields = {}): ProductConfig {
  return { ...gatehouse, defaultRole, signUp, signIn, sessions, trustedIssuers: () => trustedIssuers };
}
