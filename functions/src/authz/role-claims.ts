import { isJsonObject, type JsonObject } from '../core/json.ts';
import { isSecond, LAST_SECOND } from '../core/time.ts';
import { isRole, type Role } from './roles.ts';

/** A role, and until when it counts. */
export interface TimedRole {
  readonly role: Role;
  /** Second since the epoch from which it no longer counts. Absent: for good. */
  readonly expiresAt?: number | undefined;
}

/** Access as a token carries it: roles, and for those that end, the second in which they do. */
export interface RoleClaims {
  readonly roles: readonly Role[];
  /** Version of the directory entry this was compiled from. */
  readonly rv: number;
  readonly rx?: Readonly<Partial<Record<Role, number>>>;
}

/** What a token's claims allow at a moment. */
export interface ClaimedRoles {
  readonly roles: readonly Role[];
  readonly rolesVersion: number;
  /** The second in which the next of these roles ends, `Infinity` when none does. */
  readonly changesAt: number;
}

/** Does it still count at a second? One without an end always does. */
export function isActive({ expiresAt = Number.POSITIVE_INFINITY }: TimedRole, now: number): boolean {
  return now < expiresAt;
}

/** The roles that count at a second, each once. A role given twice counts for as long as the longer of the two. */
export function activeRoles(timed: readonly TimedRole[], now: number): Role[] {
  return [...new Set(timed.filter((grant) => isActive(grant, now)).map(({ role }) => role))];
}

/** The second in which the next of these that still counts will end; `Infinity` when none does. */
export function nextExpiry(timed: readonly TimedRole[], now: number): number {
  const ahead = timed.flatMap(({ expiresAt }) =>
    expiresAt !== undefined && now < expiresAt ? expiresAt : [],
  );
  return Math.min(Number.POSITIVE_INFINITY, ...ahead);
}

/** Grants → custom claims. What ended before `now` is left out, since it would only take up room. */
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
 * Claims of unknown shape → access. Without a version Gatehouse did not write them, and `roles` of other code say
 * nothing here. A role counts while its `rx`, if it has one, lies ahead; anything malformed counts for nothing.
 */
export function readRoleClaims(claims: JsonObject, now: number): ClaimedRoles {
  const timed = timedRolesFromClaims(claims);
  return {
    roles: activeRoles(timed, now),
    rolesVersion: claimedVersion(claims),
    changesAt: nextExpiry(timed, now),
  };
}

/** The roles in claims of unknown shape, those that have ended included. */
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

/** There are versions above it to go on with. */
const MAX_VERSION = 2 ** 52;

/** The version that claims of unknown shape were compiled from; 0 where Gatehouse did not write them. */
export function claimedVersion({ rv }: JsonObject): number {
  return typeof rv === 'number' && Number.isSafeInteger(rv) && rv > 0 && rv <= MAX_VERSION ? rv : 0;
}
