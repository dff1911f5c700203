import { hash } from 'node:crypto';
import type { Principal } from '../../functions/src/authz/principal.ts';
import { toRfc3339 } from '../../functions/src/core/time.ts';

/**
 * What the back end gets about the caller. All values are strings, because REST APIs pass on nothing else.
 * @property uid key of the caller in the directory: a Firebase uid or `ext-…`; empty for a caller without one
 * @property cacheKey key under which a back end may cache what it computes for this caller; changes with the permissions
 */
export interface CallerContext extends Record<string, string | undefined> {
  readonly uid: string;
  readonly issuer: string;
  readonly subject: string;
  readonly kind: string;
  /** Separated by spaces, as are `permissions` and `scopes`. */
  readonly roles: string;
  readonly permissions: string;
  readonly scopes?: string;
  readonly email?: string;
  readonly emailVerified?: 'true' | 'false';
  /** RFC 3339. */
  readonly tokenExpiresAt: string;
  readonly cacheKey: string;
}

export function callerContext(principal: Principal): CallerContext {
  const { issuer, subject, kind, roles, permissions, scopes, email, emailVerified, tokenExpiresAt } =
    principal;
  const permitted = [issuer, subject, roles, permissions, scopes ?? null, tokenExpiresAt];
  return {
    uid: principal.directoryId ?? '',
    issuer,
    subject,
    kind,
    roles: roles.join(' '),
    permissions: permissions.join(' '),
    ...(scopes !== undefined && { scopes: scopes.join(' ') }),
    ...emailOf(email, emailVerified),
    tokenExpiresAt: toRfc3339(tokenExpiresAt),
    cacheKey: hash('sha256', JSON.stringify(permitted), 'base64url'),
  };
}

/** Integrations copy these into headers, so an address that is not valid in a header is left out. */
function emailOf(email: string | undefined, verified: boolean | undefined) {
  if (email === undefined || !/^[\x21-\x7e]+$/.test(email)) return {};
  return { email, emailVerified: verified === true ? 'true' : 'false' } as const;
}
