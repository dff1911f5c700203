import { isActive } from '../authz/role-claims.ts';
import type { Role } from '../authz/roles.ts';
import type { Grant } from '../directory/index.ts';

/** What an exchange changes in the entry of the user. Pure. Times are seconds since the epoch. */

/** What the exchanged token gives. */
interface Issued {
  readonly roles: readonly Role[];
  readonly issuer: string;
  /** When the token expires. */
  readonly expiresAt: number;
  readonly now: number;
}

/**
 * The grants of an external user after an exchange: the roles that the issuer gives now, until the token expires, and the
 * grants of administrators. A role has one grant, so a role that an administrator granted stays as it is. Roles that the
 * issuer gave before and no longer gives are removed.
 *
 * @returns `before` itself when nothing has to be written: the existing grants have at least half of their lifetime left
 */
export function exchangedGrants(before: readonly Grant[], issued: Issued): readonly Grant[] {
  const { issuer, expiresAt, now } = issued;
  const roles = new Set(issued.roles);
  const newGrant = (role: Role): Grant => ({
    role,
    grantedBy: issuer,
    grantedAt: now,
    expiresAt,
    reason: 'token exchange',
  });
  const isOfIssuer = ({ grantedBy }: Grant) => grantedBy === issuer;
  const remaining = before.filter((grant) => isOfIssuer(grant) || isActive(grant, now));
  const kept = remaining.filter((grant) => !isOfIssuer(grant) || roles.has(grant.role));
  const missing = [...roles].filter((role) => !kept.some((grant) => grant.role === role));
  const needsWriting =
    missing.length > 0 ||
    kept.length < remaining.length ||
    kept.some((grant) => isOfIssuer(grant) && needsExtension(grant, issued));
  if (!needsWriting) return before;
  const extended = kept.map((grant) =>
    isOfIssuer(grant) && expiresAt > (grant.expiresAt ?? 0) ? newGrant(grant.role) : grant,
  );
  return [...extended, ...missing.map(newGrant)];
}

/** Each change of the grants makes all tokens stale, so a grant is extended only in the second half of its lifetime. */
function needsExtension({ grantedAt, expiresAt = grantedAt }: Grant, issued: Issued): boolean {
  return issued.expiresAt > expiresAt && expiresAt - issued.now < (expiresAt - grantedAt) / 2;
}
