import { hash } from 'node:crypto';
import type { Principal } from '../authz/principal.ts';

/**
 * What a back end learns of the caller. All of it text: REST APIs pass on nothing else, and so it is the same in both.
 * @property id key of the caller in the directory, and everywhere else
 * @property cacheKey under this a back end may keep what it works out for this caller: it changes with their rights
 */
export interface CallerContext extends Record<string, string | undefined> {
  readonly id: string;
  readonly issuer: string;
  readonly subject: string;
  readonly kind: string;
  /** Separated by spaces, as are `permissions` and `scopes`. */
  readonly roles: string;
  readonly permissions: string;
  readonly scopes?: string;
  readonly email?: string;
  readonly emailVerified?: 'true' | 'false';
  /** Seconds since the epoch. */
  readonly tokenExpiresAt: string;
  readonly cacheKey: string;
}

export function callerContext(principal: Principal): CallerContext {
  const { issuer, subject, kind, roles, permissions, scopes, email, emailVerified, tokenExpiresAt } =
    principal;
  const rights = [issuer, subject, roles, permissions, scopes ?? null, tokenExpiresAt];
  return {
    id: principal.directoryId ?? '',
    issuer,
    subject,
    kind,
    roles: roles.join(' '),
    permissions: permissions.join(' '),
    ...(scopes !== undefined && { scopes: scopes.join(' ') }),
    ...emailOf(email, emailVerified),
    tokenExpiresAt: String(tokenExpiresAt),
    cacheKey: hash('sha256', JSON.stringify(rights), 'base64url'),
  };
}

/** Integrations put these into headers; one that a header cannot hold is left out. */
function emailOf(email: string | undefined, verified: boolean | undefined) {
  if (email === undefined || !/^[\x21-\x7e]+$/.test(email)) return {};
  return { email, emailVerified: verified === true ? 'true' : 'false' } as const;
}
