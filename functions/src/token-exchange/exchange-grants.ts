import { isActive } from '../authz/role-claims.ts';
import type { Role } from '../authz/roles.ts';
import type { Grant } from '../directory/index.ts';

/** What the exchanged token gives. Times are seconds since the epoch. */
export interface Given {
  readonly roles: readonly Role[];
  readonly issuer: string;
  /** When the token expires. */
  readonly expiresAt: number;
  readonly now: number;
}

/**
 * The grants of an external user after an exchange: the roles that the issuer gives now, until the token expires, and the
 * grants of administrators. A role has one grant, so a role that an administrator granted stays as it is. Roles that the
 * issuer gave before and no longer gives are removed. Pure.
 *
 * @returns `before` itself when nothing has to be written: the existing grants have at least half of their lifetime left
 */
export function exchangedGrants(before: readonly Grant[], given: Given): readonly Grant[] {
  const { issuer, now } = given;
  const roles = new Set(given.roles);
  const isOfIssuer = ({ grantedBy }: Grant) => grantedBy === issuer;
  const remaining = before.filter((grant) => isOfIssuer(grant) || isActive(grant, now));
  const kept = remaining.filter((grant) => !isOfIssuer(grant) || roles.has(grant.role));
  const missing = [...roles].filter((role) => !kept.some((grant) => grant.role === role));
  const needsWriting =
    missing.length > 0 ||
    kept.length < remaining.length ||
    kept.some((grant) => isOfIssuer(grant) && needsExtension(grant, given));
  if (!needsWriting) return before;
  return [
    ...kept.map((grant) => (isOfIssuer(grant) ? extended(grant, given) : grant)),
    ...missing.map((role) => newGrant(role, given)),
  ];
}

/** Each change of the grants makes all tokens stale, so a grant is extended only in the second half of its lifetime. */
function needsExtension({ grantedAt, expiresAt = grantedAt }: Grant, given: Given): boolean {
  return given.expiresAt > expiresAt && expiresAt - given.now < (expiresAt - grantedAt) / 2;
}

function extended(grant: Grant, given: Given): Grant {
  return given.expiresAt > (grant.expiresAt ?? 0) ? newGrant(grant.role, given) : grant;
}

function newGrant(role: Role, { issuer, expiresAt, now }: Given): Grant {
  return { role, grantedBy: issuer, grantedAt: now, expiresAt, reason: 'token exchange' };
}
