import { isJsonObject, type JsonObject } from '../core/json.ts';
import { isSecond, LAST_SECOND } from '../core/time.ts';
import { isRole, type Role } from './roles.ts';

/** A role with an optional expiry. */
export interface TimedRole {
  readonly role: Role;
  /** Second since the epoch when it expires. Absent: never. */
  readonly expiresAt?: number | undefined;
}

/** The role claims of a token: roles, and the second when each expires, if it does (`rx`). */
export interface RoleClaims {
  readonly roles: readonly Role[];
  /** Version of the directory entry that they were compiled from. */
  readonly rv: number;
  readonly rx?: Readonly<Partial<Record<Role, number>>>;
}

/** The active roles of a token. */
interface ClaimedRoles {
  readonly roles: readonly Role[];
  readonly rolesVersion: number;
  /** The second when the next of these roles expires; `Infinity` when none does. */
  readonly changesAt: number;
}

/** Has it not expired? @param now seconds since the epoch */
export function isActive({ expiresAt = Number.POSITIVE_INFINITY }: TimedRole, now: number): boolean {
  return now < expiresAt;
}

/** The roles that have not expired, each once. Of two grants of a role, the one that expires later counts. */
export function activeRoles(timed: readonly TimedRole[], now: number): Role[] {
  return [...new Set(timed.filter((grant) => isActive(grant, now)).map(({ role }) => role))];
}

/** The second when the next active one of these expires; `Infinity` when none does. */
export function nextExpiry(timed: readonly TimedRole[], now: number): number {
  const ahead = timed.flatMap(({ expiresAt }) =>
    expiresAt !== undefined && now < expiresAt ? expiresAt : [],
  );
  return Math.min(Number.POSITIVE_INFINITY, ...ahead);
}

/** Compiles grants to role claims. Leaves expired ones out: custom claims have limited space. */
export function compileRoleClaims(timed: readonly TimedRole[], version: number, now: number): RoleClaims {
  const roles = activeRoles(timed, now);
  const ends = roles.flatMap((role) => {
    const all = timed.filter((grant) => grant.role === role);
    const last = Math.max(...all.map(({ expiresAt = Number.POSITIVE_INFINITY }) => expiresAt));
    return Number.isFinite(last) ? [[role, last] as const] : [];
  });
  return { roles, rv: version, ...(ends.length > 0 && { rx: Object.fromEntries(ends) }) };
}

/**
 * Reads the active roles from claims of unknown shape. Without a version Gatehouse did not write them, and `roles` of other
 * code are ignored, as is everything malformed.
 */
export function readRoleClaims(claims: JsonObject, now: number): ClaimedRoles {
  const timed = timedRolesFromClaims(claims);
  return {
    roles: activeRoles(timed, now),
    rolesVersion: claimedVersion(claims),
    changesAt: nextExpiry(timed, now),
  };
}

/** The roles in claims of unknown shape, expired ones included. */
export function timedRolesFromClaims(claims: JsonObject): TimedRole[] {
  const { roles, rx } = claims;
  if (claimedVersion(claims) === 0 || !Array.isArray(roles)) return [];
  const ends = rx === undefined ? {} : rx;
  if (!isJsonObject(ends)) return [];
  const timed: TimedRole[] = [];
  for (const role of new Set(roles.filter(isRole))) {
    const expiresAt = Object.hasOwn(ends, role) ? ends[role] : undefined;
    if (expiresAt === undefined) timed.push({ role });
    else if (isSecond(expiresAt)) timed.push({ role, expiresAt: Math.min(expiresAt, LAST_SECOND) });
  }
  return timed;
}

/** Leaves room for larger versions: each repair of drifted claims takes the next one. */
const MAX_VERSION = 2 ** 52;

/** The version that claims of unknown shape were compiled from; 0 where Gatehouse did not write them. */
export function claimedVersion({ rv }: JsonObject): number {
  return typeof rv === 'number' && Number.isSafeInteger(rv) && rv > 0 && rv <= MAX_VERSION ? rv : 0;
}
