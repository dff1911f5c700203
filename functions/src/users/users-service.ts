import { isDeepStrictEqual } from 'node:util';
import { externalId } from '../authn/external-identity.ts';
import type { Session } from '../authn/session-cookie/ports.ts';
import type { AccessRule } from '../authz/access-rule.ts';
import type { Principal, PrincipalActor } from '../authz/principal.ts';
import { compileRoleClaims, isActive } from '../authz/role-claims.ts';
import type { Role } from '../authz/roles.ts';
import { AppError, tokenStale } from '../core/errors.ts';
import {
  applyGrantRequests,
  type DirectoryEntry,
  type DirectoryService,
  findOrProvision,
  type Grant,
  type GrantRequest,
  provisionExternalUser,
  type UserQuery,
} from '../directory/index.ts';
import { mergeClaims } from '../platform/firebase-auth/account.ts';
import type { Platform } from '../platform/platform.ts';
import { checkExpiry, checkGrant, checkOutranked, withCurrentRoles } from './granting.ts';
import { createUserList } from './user-list.ts';
import { createUserView, toGrantViews, type UserView } from './views.ts';

interface GrantsChange {
  readonly uid: string;
  /** The version that the caller read. Absent: any. */
  readonly version?: number | undefined;
  /** For the audit log. */
  readonly auditReason?: string | undefined;
}

export interface RoleChange extends GrantsChange {
  readonly grants: readonly GrantRequest[];
  readonly version: number;
}

interface GrantsEdit {
  /** Pure. @param before is returned when nothing changes */
  readonly apply: (before: readonly Grant[], given: { by: string; now: number }) => readonly Grant[];
  readonly expiryField?: Parameters<typeof checkExpiry>[3];
}

/** A session that goes on when the others end. */
type KeptSession = Pick<Session, 'id' | 'validSince'>;

/**
 * The users and their access. The methods that change a user check the permission of `rule` again, on the actor's entry,
 * inside the transaction of the change.
 *
 * All throw AppError `not_found`, `unavailable`; changes also `permission_denied`, `own_account`, `exceeds_own_permissions`,
 * `last_owner`.
 */
export type UsersService = ReturnType<typeof createUsersService>;

export function createUsersService(
  { accounts, clock, config, log }: Pick<Platform, 'accounts' | 'clock' | 'config' | 'log'>,
  { directory }: { directory: DirectoryService },
) {
  const { changeAccess } = directory;
  const { list, refresh } = createUserList({ directory, accounts, clock, log });
  const find = (uid: string) => findOrProvision({ directory, accounts, clock }, uid);
  const show = createUserView({ clock, config });
  const toView = async (entry: DirectoryEntry) => show((await refresh([entry]))[0] ?? entry);

  /** Changes grants, by the rules for granting. The transaction decides on the grants that it reads. */
  async function changeGrants(
    actor: PrincipalActor,
    { uid, version, auditReason: reason }: GrantsChange,
    rule: AccessRule,
    { apply, expiryField }: GrantsEdit,
  ): Promise<UserView> {
    const { principal } = actor;
    const { identity } = await find(uid);
    const account = await accounts.find(uid);
    // Firebase Auth has no profile of an external user.
    if (identity === undefined && account === undefined)
      throw new AppError('not_found', 'There is no such user.');
    const changed = await changeAccess(actor, { uid, action: 'roles.set', reason }, (context) => {
      const { entry, now } = context;
      const by = principal.directoryId ?? principal.subject;
      const grants = apply(entry.grants, { by, now });
      checkGrant(withCurrentRoles(principal, rule, context), entry, grants);
      if (version !== undefined) checkVersion(entry, version);
      if (grants === entry.grants) return undefined;
      checkExpiry(entry.grants, grants, now, expiryField);
      // The order of grants has no meaning: a new order alone must not make tokens stale.
      const active = grants.filter((grant) => isActive(grant, now));
      const inOrder = active.toSorted((a, b) => entry.grants.indexOf(a) - entry.grants.indexOf(b));
      if (isDeepStrictEqual(inOrder, entry.grants)) return undefined;
      // New roles have to fit beside the claims of other code. Their size never prevents the removal of roles.
      const isLess = active.every((grant) => entry.grants.includes(grant));
      if (account !== undefined && !isLess)
        mergeClaims(account.claims, compileRoleClaims(active, entry.rolesVersion + 1, now));
      return { grants: active };
    });
    return toView(changed ?? (await find(uid)));
  }

  /** @param rule undefined: the actor may always end the sessions of `uid` */
  async function endSessions(
    actor: PrincipalActor,
    uid: string,
    { rule, keep }: { rule?: AccessRule; keep?: KeptSession | undefined },
  ): Promise<UserView> {
    const changed = await changeAccess(actor, { uid, action: 'sessions.revoke' }, (context) => {
      const { entry, now } = context;
      if (rule !== undefined) withCurrentRoles(actor.principal, rule, context);
      const keepsSame = keep?.id === entry.keptSession;
      if (keep !== undefined && !keepsSame && keep.validSince < entry.validAfter)
        throw tokenStale('revoked', actor.principal);
      // Already revoked in this second: a second revocation would change nothing.
      return entry.validAfter > now && keepsSame ? undefined : { revoke: true, keptSession: keep?.id };
    });
    return toView(changed ?? (await find(uid)));
  }

  /** Ends all sessions of the actor. @throws AppError `token_stale` when the one to keep was revoked already */
  async function revokeOwn(actor: PrincipalActor, keep?: KeptSession): Promise<UserView> {
    const { directoryId: id, issuer, subject, email, emailVerified = false } = actor.principal;
    if (id === undefined) throw new AppError('not_found', 'You have no entry in the directory.');
    // Creates the entry when there is none.
    if (isExternal(actor.principal))
      await provisionExternalUser(directory, { id, issuer, subject, email, emailVerified });
    else await find(id);
    return endSessions(actor, id, { keep });
  }

  async function getRoles(uid: string) {
    const { grants, rolesVersion } = await find(uid);
    return { grants: toGrantViews(grants), version: rolesVersion };
  }

  return {
    /** @throws AppError `invalid_argument` for a page token that no page had */
    async list(query: UserQuery) {
      const { users, ...page } = await list(query);
      return { ...page, users: users.map(show) };
    },

    get: async (uid: string): Promise<UserView> => toView(await find(uid)),

    getRoles,

    /** @throws AppError `not_found` when the user does not have the role */
    async getGrant(uid: string, role: Role) {
      const { grants, version } = await getRoles(uid);
      const grant = grants.find((one) => one.role === role);
      if (grant === undefined) throw new AppError('not_found', 'The user does not have this role.');
      return { ...grant, version };
    },

    /** Replaces all grants. @throws AppError `version_mismatch`, `invalid_argument`, `claims_too_large` */
    setRoles: (actor: PrincipalActor, change: RoleChange, rule: AccessRule): Promise<UserView> =>
      changeGrants(actor, change, rule, {
        apply: (before, given) => applyGrantRequests(before, change.grants, given),
      }),

    /**
     * Adds a grant, or replaces that of the same role. The others stay.
     *
     * @returns `created`: did the user have no grant of the role before?
     * @throws AppError as {@link setRoles}
     */
    async addGrant(
      actor: PrincipalActor,
      { role, expiresAt, reason, ...change }: GrantsChange & GrantRequest,
      rule: AccessRule,
    ): Promise<UserView & { readonly created: boolean }> {
      let created = false;
      const changed = await changeGrants(actor, change, rule, {
        apply(before, given) {
          created = before.every((grant) => grant.role !== role);
          return withGrant(before, { role, expiresAt, reason }, given);
        },
        expiryField: () => 'expiresAt',
      });
      return { ...changed, created };
    },

    /** Removes the grant of a role, if there is one. The others stay. @throws AppError `version_mismatch` */
    async removeGrant(
      actor: PrincipalActor,
      { role, ...change }: GrantsChange & Pick<Grant, 'role'>,
      rule: AccessRule,
    ): Promise<void> {
      await changeGrants(actor, change, rule, {
        apply(before) {
          const others = before.filter((grant) => grant.role !== role);
          return others.length === before.length ? before : others;
        },
      });
    },

    async setDisabled(
      actor: PrincipalActor,
      uid: string,
      disabled: boolean,
      rule: AccessRule,
    ): Promise<UserView> {
      await find(uid);
      const action = disabled ? 'user.disable' : 'user.enable';
      const changed = await changeAccess(actor, { uid, action }, (context) => {
        const { entry, now } = context;
        checkOutranked(withCurrentRoles(actor.principal, rule, context), entry, now);
        return entry.disabled === disabled ? undefined : { disabled };
      });
      return toView(changed ?? (await find(uid)));
    },

    async remove(actor: PrincipalActor, uid: string, rule: AccessRule): Promise<void> {
      await find(uid);
      await changeAccess(actor, { uid, action: 'user.delete' }, (context) => {
        const { entry, now } = context;
        checkOutranked(withCurrentRoles(actor.principal, rule, context), entry, now);
        return { remove: true };
      });
    },

    /** Ends all sessions of a user. */
    async revoke(actor: PrincipalActor, uid: string, rule: AccessRule): Promise<UserView> {
      const { principal } = actor;
      if (principal.directoryId === uid) return revokeOwn(actor);
      await find(uid);
      // The permission is not privileged, so authentication has not created the actor's entry. External users need none.
      if (principal.directoryId !== undefined && !isExternal(principal)) await find(principal.directoryId);
      return endSessions(actor, uid, { rule });
    },

    revokeOwn,
  };
}

/** A principal of another issuer, with the directory id of their external identity. */
function isExternal({ issuer, subject, directoryId }: Principal): boolean {
  return directoryId === externalId(issuer, subject);
}

/** The grants with one more; one that is the same, and has not expired, stays. */
function withGrant(
  before: readonly Grant[],
  request: GrantRequest,
  given: { by: string; now: number },
): readonly Grant[] {
  const active = before.filter((grant) => isActive(grant, given.now));
  const added = applyGrantRequests(active, [request], given);
  if (added.every((grant) => before.includes(grant))) return before;
  return [...before.filter(({ role }) => role !== request.role), ...added];
}

function checkVersion({ rolesVersion }: DirectoryEntry, version: number): void {
  if (rolesVersion === version) return;
  throw new AppError('version_mismatch', `The roles are at version ${rolesVersion}. Read them again.`);
}
