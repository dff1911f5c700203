import { isDeepStrictEqual } from 'node:util';
import { externalId } from '../authn/external-identity.ts';
import type { Principal } from '../authz/principal.ts';
import { compileRoleClaims, isActive } from '../authz/role-claims.ts';
import { type Clock, seconds } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import type { Actor, ChangeAccess } from '../directory/change-access.ts';
import type { Directory } from '../directory/directory.ts';
import { type DirectoryEntry, type Profile, profileOf } from '../directory/entry.ts';
import { applyGrantRequests, type Grant, type GrantRequest } from '../directory/grant.ts';
import type { DirectoryList, UserPage, UserQuery } from '../directory/list.ts';
import { provisionEntry } from '../directory/provision-entry.ts';
import { provisionExternalUser } from '../directory/provision-external-user.ts';
import type { AccountStore } from '../platform/firebase-auth/account-store.ts';
import { mergeClaims } from '../platform/firebase-auth/custom-claims.ts';
import { checkGrant, checkOutranked, withCurrentRoles } from './granting.ts';

export interface RoleChange {
  readonly uid: string;
  readonly grants: readonly GrantRequest[];
  /** The version the caller saw; somebody else's change since then refuses this one. */
  readonly version: number;
  /** Why, for the audit trail. */
  readonly reason?: string | undefined;
}

/** What may be done with users. All rules live behind it, whoever calls: HTTP, callables, tools. */
export interface UsersService {
  list(query: UserQuery): Promise<UserPage>;
  /** @throws AppError `not_found` */
  get(uid: string): Promise<DirectoryEntry>;
  setRoles(actor: Actor, change: RoleChange): Promise<DirectoryEntry>;
  setDisabled(actor: Actor, uid: string, disabled: boolean): Promise<DirectoryEntry>;
  remove(actor: Actor, uid: string): Promise<void>;
  /** Ends all sessions of a user. */
  revoke(actor: Actor, uid: string): Promise<DirectoryEntry>;
}

interface UsersDeps {
  readonly accounts: AccountStore;
  readonly directory: Directory;
  readonly directoryList: DirectoryList;
  readonly changeAccess: ChangeAccess;
  readonly clock: Clock;
}

export function createUsersService(deps: UsersDeps): UsersService {
  const { accounts, directory, directoryList, changeAccess, clock } = deps;

  async function get(uid: string): Promise<DirectoryEntry> {
    const entry = await directory.find(uid);
    if (entry !== undefined) return entry;
    // Signed up before Gatehouse came, and not imported yet.
    const account = await accounts.find(uid);
    if (account === undefined) throw notFound();
    return provisionEntry(directory, account, seconds(clock));
  }

  /** Will the claims fit? Asked before anything is written; what others store there may have grown. */
  async function checkClaims(
    { uid, identity }: DirectoryEntry,
    grants: readonly GrantRequest[],
    version: number,
  ): Promise<{ profile?: Profile }> {
    const account = await accounts.find(uid);
    if (account !== undefined) {
      mergeClaims(account.claims, compileRoleClaims(grants, version, seconds(clock)));
    }
    // Of somebody of another issuer Firebase Auth knows nothing, or not much.
    if (identity !== undefined) return {};
    if (account === undefined) throw notFound();
    return { profile: profileOf(account) };
  }

  /** The entry of who asks for something about themselves, made if there is none yet. */
  async function ownEntry(principal: Principal): Promise<DirectoryEntry> {
    const { directoryId = '' } = principal;
    if (!isIdentity(principal)) return get(directoryId);
    return provisionExternalUser(directory, { emailVerified: false, ...principal, id: directoryId });
  }

  return {
    list: (query) => directoryList(query),
    get,

    async setRoles(actor, { uid, grants, version, reason }) {
      const profile = await checkClaims(await get(uid), grants, version + 1);
      const changed = await changeAccess(actor, { uid, action: 'roles.set', reason }, (standing) => {
        const { entry, now } = standing;
        const by = principalOf(actor);
        const anew = applyGrantRequests(entry.grants, grants, { by: by.directoryId ?? by.subject, now });
        checkGrant(withCurrentRoles(by, standing.actor, { needed: 'roles:assign', now }), entry, anew);
        checkVersion(entry, version);
        checkExpiry(entry.grants, anew, now);
        const counting = anew.filter((grant) => isActive(grant, now));
        // The order says nothing, and is no reason for anybody's token to become stale.
        const inOrder = counting.toSorted((a, b) => entry.grants.indexOf(a) - entry.grants.indexOf(b));
        return isDeepStrictEqual(inOrder, entry.grants) ? undefined : { ...profile, grants: counting };
      });
      return changed ?? get(uid);
    },

    async setDisabled(actor, uid, disabled) {
      await get(uid);
      const action = disabled ? 'user.disable' : 'user.enable';
      const changed = await changeAccess(actor, { uid, action }, (standing) => {
        const { entry, now } = standing;
        const by = withCurrentRoles(principalOf(actor), standing.actor, { needed: 'users:write', now });
        checkOutranked(by, entry, now);
        return entry.disabled === disabled ? undefined : { disabled };
      });
      return changed ?? get(uid);
    },

    async remove(actor, uid) {
      await get(uid);
      await changeAccess(actor, { uid, action: 'user.delete' }, (standing) => {
        const { entry, now } = standing;
        const by = withCurrentRoles(principalOf(actor), standing.actor, { needed: 'users:write', now });
        checkOutranked(by, entry, now);
        return { remove: true };
      });
    },

    async revoke(actor, uid) {
      const by = principalOf(actor);
      const isOwn = by.directoryId === uid;
      await (isOwn ? ownEntry(by) : get(uid));
      // Not privileged, so nobody has looked whether the actor has an entry. An identity needs none.
      if (!isOwn && by.directoryId !== undefined && !isIdentity(by)) await get(by.directoryId);
      const changed = await changeAccess(actor, { uid, action: 'sessions.revoke' }, (standing) => {
        const { entry, now } = standing;
        if (!isOwn) withCurrentRoles(by, standing.actor, { needed: 'sessions:revoke', now });
        // Done in this second already: once more would only cost everybody a read.
        return entry.validAfter > now ? undefined : { revoke: true };
      });
      return changed ?? get(uid);
    },
  };
}

/** Somebody of another issuer, under their own name in the directory. */
function isIdentity({ issuer, subject, directoryId }: Principal): boolean {
  return directoryId === externalId(issuer, subject);
}

/** Who asks for a change of users: never a mere name. */
export function principalOf({ principal }: Actor): Principal {
  if (typeof principal === 'string') throw new Error(`${principal} has no business here`);
  return principal;
}

function notFound(): AppError {
  return new AppError('not_found', 'There is no such user.');
}

function checkVersion({ rolesVersion }: DirectoryEntry, version: number): void {
  if (rolesVersion === version) return;
  throw new AppError('version_mismatch', `The roles are at version ${rolesVersion}. Read them again.`);
}

/** A grant that has ended already can stay in the list until somebody clears it away, but nobody can give one. */
function checkExpiry(before: readonly Grant[], grants: readonly Grant[], now: number): void {
  const errors = grants.flatMap((grant, index) =>
    !isActive(grant, now) && !before.includes(grant)
      ? { field: `grants.${index}.expiresAt`, message: 'lies in the past' }
      : [],
  );
  if (errors.length > 0)
    throw new AppError('invalid_argument', 'A grant ends in the future or not at all.', { errors });
}
