import { isActive } from '../authz/role-claims.ts';
import type { Role } from '../authz/roles.ts';
import type { Grant } from '../directory/grant.ts';

/** What a token of another issuer gives. Times are seconds since the epoch. */
export interface Given {
  readonly roles: readonly Role[];
  readonly issuer: string;
  /** When the token ends. */
  readonly expiresAt: number;
  readonly now: number;
}

/**
 * The grants of an identity after an exchange: the roles that its issuer gives now, until the token ends, beside those
 * that somebody granted. A role that somebody granted is left as it is, since a role has one grant; what this issuer gave
 * before and gives no longer is taken out. Pure.
 *
 * @returns the very list given when nothing is to be written: what is there has at least half of its time left
 */
export function exchangedGrants(before: readonly Grant[], given: Given): readonly Grant[] {
  const { issuer, now } = given;
  const roles = new Set(given.roles);
  const isOfIssuer = ({ grantedBy }: Grant) => grantedBy === issuer;
  const lasting = before.filter((grant) => isOfIssuer(grant) || isActive(grant, now));
  const kept = lasting.filter((grant) => !isOfIssuer(grant) || roles.has(grant.role));
  const missing = [...roles].filter((role) => !kept.some((grant) => grant.role === role));
  const needsWriting =
    missing.length > 0 ||
    kept.length < lasting.length ||
    kept.some((grant) => isOfIssuer(grant) && isWorn(grant, given));
  if (!needsWriting) return before;
  return [
    ...kept.map((grant) => (isOfIssuer(grant) ? prolonged(grant, given) : grant)),
    ...missing.map((role) => newGrant(role, given)),
  ];
}

/** Each change of the grants makes all tokens stale, so what is there lasts for half of its time at least. */
function isWorn({ grantedAt, expiresAt = grantedAt }: Grant, given: Given): boolean {
  return given.expiresAt > expiresAt && expiresAt - given.now < (expiresAt - grantedAt) / 2;
}

function prolonged(grant: Grant, given: Given): Grant {
  return given.expiresAt > (grant.expiresAt ?? 0) ? newGrant(grant.role, given) : grant;
}

function newGrant(role: Role, { issuer, expiresAt, now }: Given): Grant {
  return { role, grantedBy: issuer, grantedAt: now, expiresAt, reason: 'token exchange' };
}
