import { isPrivileged } from '../authz/permissions.ts';
import type { Actor } from '../authz/principal.ts';
import { claimedVersion } from '../authz/role-claims.ts';
import { isRole, ROLES, type Role } from '../authz/roles.ts';
import { type Clock, seconds } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { type DirectoryEntry, type DirectoryService, provisionEntry } from '../directory/index.ts';
import { type Account, emailAddressesOf, mergeClaims } from '../platform/firebase-auth/account.ts';

/** Roles for custom claims that other code wrote before Gatehouse: `admin: true`, `role: 'editor'`, `roles: ['editor']`. */

/** Users get the role if their claim has this value. */
export interface ClaimRule {
  /** As the operator wrote it. */
  readonly text: string;
  readonly claim: string;
  /** Also an element of a list. `true` is the boolean, too. */
  readonly value: string;
  readonly role: Role;
}

/** The value has no colon, and does not make a URL of the name of the claim. */
const RULE = /^([^=]*?[^:=])(?::(?!\/\/)([^:=]+))?=([^=]+)$/;

/** @param text `<claim>=<role>` for a claim that is true, or `<claim>:<value>=<role>`. @throws AppError `invalid_argument` */
export function parseClaimRule(text: string): ClaimRule {
  const [, claim, value = 'true', role] = RULE.exec(text) ?? [];
  if (claim === undefined) {
    throw new AppError('invalid_argument', `${text} is not like admin=admin or role:editor=support.`);
  }
  if (!isRole(role)) {
    throw new AppError(
      'invalid_argument',
      `${text}: there is no role ${role}, only ${Object.keys(ROLES).join(', ')}.`,
    );
  }
  return { text, claim, value, role };
}

/** The claims that other code wrote. */
export function foreignClaims(claims: JsonObject): JsonObject {
  if (claimedVersion(claims) === 0) return claims;
  const { roles: _roles, rv: _rv, rx: _rx, ...others } = claims;
  return others;
}

/** The texts of a claim that a rule can name. undefined: an object, or null. */
export function claimTexts(value: unknown): string[] | undefined {
  if (Array.isArray(value))
    return value.flatMap((one) => (Array.isArray(one) ? [] : (claimTexts(one) ?? [])));
  return value === null || isJsonObject(value) ? undefined : [String(value)];
}

export function matchRules(rules: readonly ClaimRule[], claims: JsonObject): ClaimRule[] {
  const own = foreignClaims(claims);
  return rules.filter(
    ({ claim, value }) => Object.hasOwn(own, claim) && claimTexts(own[claim])?.includes(value) === true,
  );
}

/**
 * What happens to a user whom a rule names:
 * - `granted`; `held`: has the roles already
 * - `decided`: a person or an earlier import decided on the roles, so a rule must not restore what was taken away
 * - `disabled`, `unverified`: as `npm run grant` refuses them. The address counts for roles with a privileged permission
 * - `too-large`: the claims would not fit
 * - `unconfirmed`: would be owner
 */
export type MappingOutcome =
  | 'granted'
  | 'held'
  | 'decided'
  | 'disabled'
  | 'unverified'
  | 'too-large'
  | 'unconfirmed';

export interface MapOptions {
  readonly rules: readonly ClaimRule[];
  /** Grant to disabled and unverified users. */
  readonly force: boolean;
  /** The users who may become owner; undefined: all. */
  readonly owners?: ReadonlySet<string> | undefined;
}

/** Pure. undefined: no rule names the user. */
export function planMapping(
  { rules, force, owners }: MapOptions,
  account: Account,
  entry: DirectoryEntry,
): { readonly outcome: MappingOutcome; readonly rules: readonly ClaimRule[] } | undefined {
  const matched = matchRules(rules, account.claims);
  if (matched.length === 0 || entry.identity !== undefined) return undefined;
  const missing = matched.filter(({ role }) => !entry.grants.some((grant) => grant.role === role));
  return { outcome: outcomeOf(), rules: missing };

  function outcomeOf(): MappingOutcome {
    if (missing.length === 0) return 'held';
    if (!isUndecided(entry)) return 'decided';
    if (!force && (account.disabled || entry.disabled)) return 'disabled';
    const addresses = emailAddressesOf(account);
    const isUnverified = addresses.length > 0 && !addresses.some(({ verified }) => verified);
    if (
      !force &&
      isUnverified &&
      missing.some(({ role }) => ROLES[role].some((permission) => isPrivileged(permission)))
    )
      return 'unverified';
    if (missing.some(({ role }) => role === 'owner') && owners?.has(account.uid) === false)
      return 'unconfirmed';
    return fits(account, entry, missing) ? 'granted' : 'too-large';
  }
}

/** No roles yet, or the default role only. */
function isUndecided({ rolesVersion, grants }: DirectoryEntry): boolean {
  if (rolesVersion === 0) return true;
  return rolesVersion === 1 && grants.length > 0 && grants.every(({ grantedBy }) => grantedBy === 'system');
}

function fits({ claims }: Account, { grants, rolesVersion }: DirectoryEntry, added: readonly ClaimRule[]) {
  const roles = [...new Set([...grants, ...added].map(({ role }) => role))];
  try {
    mergeClaims(claims, { roles, rv: rolesVersion + 1 });
    return true;
  } catch {
    return false;
  }
}

const OPERATOR: Actor = { kind: 'operator', requestId: 'import-users' };

/**
 * Adds the roles of the rules to a user, in one transaction. Creates the entry if there is none.
 *
 * @throws AppError `not_found`, `unavailable`
 */
export async function grantMapped(
  { directory, clock }: { readonly directory: DirectoryService; readonly clock: Clock },
  options: MapOptions,
  account: Account,
): Promise<void> {
  const { uid } = account;
  await provisionEntry(directory, account, seconds(clock));
  await directory.changeAccess(OPERATOR, { uid, action: 'roles.set' }, ({ entry, now }) => {
    const plan = planMapping(options, account, entry);
    if (plan?.outcome !== 'granted') return undefined;
    const byRole = new Map(plan.rules.map(({ role, text }) => [role, text]));
    const added = [...byRole].map(([role, text]) => ({
      ...{ role, grantedBy: 'import', grantedAt: now },
      reason: `custom claim ${text}`.slice(0, 200),
    }));
    return { grants: [...entry.grants, ...added] };
  });
}
