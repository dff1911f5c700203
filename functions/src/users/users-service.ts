import type { AccountStates } from '../authn/account-states.ts';
import type { Principal } from '../authn/principal.ts';
import type { Role } from '../authz/roles.ts';
import { AppError } from '../errors.ts';
import { createSerial } from '../lib/serial.ts';
import type { Log } from '../log.ts';
import type { Account } from './account.ts';
import type { AccountStore } from './account-store.ts';
import { mergeClaims } from './claims.ts';
import { checkGrant, checkOutranked, losesPermissions } from './granting.ts';
import { listUsers, type UserPage, type UserQuery } from './list-users.ts';
import { hasOtherOwner } from './owners.ts';

/** Who does it, and in which request: what the log line names. */
export interface Actor {
  readonly principal: Principal;
  readonly requestId: string;
}

export interface RoleChange {
  readonly uid: string;
  readonly roles: readonly Role[];
  /** The version the caller saw; somebody else's change since then refuses this one. */
  readonly rolesVersion: number;
  readonly reason?: string | undefined;
}

/** What may be done with users. All rules live behind it, whoever calls: HTTP, callables, tools. */
export interface UsersService {
  list(query: UserQuery): Promise<UserPage>;
  get(uid: string): Promise<Account>;
  setRoles(actor: Actor, change: RoleChange): Promise<Account>;
  setDisabled(actor: Actor, uid: string, disabled: boolean): Promise<Account>;
  remove(actor: Actor, uid: string): Promise<void>;
  revoke(actor: Actor, uid: string): Promise<Account>;
}

interface UsersDeps {
  readonly store: AccountStore;
  readonly accountStates: Pick<AccountStates, 'forget'>;
  readonly log: Pick<Log, 'change'>;
}

export function createUsersService({ store, accountStates, log }: UsersDeps): UsersService {
  // Firebase Auth has no compare-and-set, so an instance's changes of one account take turns.
  const inTurn = createSerial();

  async function get(uid: string): Promise<Account> {
    const account = await store.find(uid);
    if (account === undefined) throw new AppError('not_found', 'There is no such user.');
    return account;
  }

  /** Runs a change of one account in turn; whatever comes of it, this instance asks anew about that account. */
  function changing<T>(uid: string, change: (before: Account) => Promise<T>): Promise<T> {
    return inTurn(uid, async () => {
      try {
        return await change(await get(uid));
      } finally {
        accountStates.forget(uid);
      }
    });
  }

  /** Logs what became of `before` and gives the account as it is now. */
  async function changed({ principal, requestId }: Actor, action: string, before: Account, reason?: string) {
    const after = await get(before.uid);
    const line = { requestId, action, actor: principal.subject, target: before.uid, reason };
    log.change({ ...line, before: summary(before), after: summary(after) });
    return after;
  }

  async function checkOwnerStays(account: Account): Promise<void> {
    const matters = account.roles.includes('owner') && !account.disabled;
    if (matters && !(await hasOtherOwner(store, account.uid))) {
      throw new AppError('last_owner', 'Make somebody else an owner first.');
    }
  }

  /**
   * Two instances can pass {@link checkOwnerStays} at the same moment, each taking the other's owner away. Looking again
   * after the write makes at least the later one see it, and undo.
   */
  async function undoIfNoOwnerIsLeft(before: Account, undo: () => Promise<void>): Promise<void> {
    try {
      await checkOwnerStays(before);
    } catch (error) {
      await undo();
      throw error;
    }
  }

  return {
    list: (query) => listUsers(store, query),
    get,

    setRoles: (actor, { uid, roles, rolesVersion, reason }) =>
      changing(uid, async (before) => {
        checkGrant(actor.principal, before, roles);
        checkVersion(before, rolesVersion);
        const claims = mergeClaims(before.claims, { roles, rolesVersion: rolesVersion + 1 });
        let undone: Record<string, unknown> | undefined;
        if (before.roles.includes('owner') && !roles.includes('owner')) {
          // Measured before anything is written: what could not be undone is not begun.
          undone = mergeClaims(before.claims, { roles: before.roles, rolesVersion: rolesVersion + 2 });
          await checkOwnerStays(before);
        }
        // Revoked first: should the next call fail, the same request can be made again. The sign-in that slips in
        // between carries the old `rv`, and is stale as soon as the claims are written.
        if (losesPermissions(before.roles, roles)) await store.revokeTokens(uid);
        checkVersion(await get(uid), rolesVersion);
        await store.setClaims(uid, claims);
        if (undone !== undefined) await undoIfNoOwnerIsLeft(before, () => store.setClaims(uid, undone));
        return changed(actor, 'roles.set', before, reason);
      }),

    setDisabled: (actor, uid, disabled) =>
      changing(uid, async (before) => {
        checkOutranked(actor.principal, before);
        if (disabled) {
          await checkOwnerStays(before);
          await store.revokeTokens(uid);
        }
        await store.setDisabled(uid, disabled);
        if (disabled) await undoIfNoOwnerIsLeft(before, () => store.setDisabled(uid, false));
        return changed(actor, disabled ? 'user.disable' : 'user.enable', before);
      }),

    remove: (actor, uid) =>
      changing(uid, async (before) => {
        checkOutranked(actor.principal, before);
        await checkOwnerStays(before);
        // Disabled first, so that the second look comes while it can still be undone.
        await store.setDisabled(uid, true);
        await undoIfNoOwnerIsLeft(before, () => store.setDisabled(uid, before.disabled));
        await store.remove(uid);
        const { principal, requestId } = actor;
        log.change({
          requestId,
          action: 'user.delete',
          actor: principal.subject,
          target: uid,
          before: summary(before),
        });
      }),

    revoke: (actor, uid) =>
      changing(uid, async (before) => {
        await store.revokeTokens(uid);
        return changed(actor, 'sessions.revoke', before);
      }),
  };
}

/** Looked at twice: what lies between, a search for owners above all, leaves others time to write. */
function checkVersion(account: Account, rolesVersion: number): void {
  if (account.rolesVersion === rolesVersion) return;
  throw new AppError(
    'version_mismatch',
    `The roles are at version ${account.rolesVersion}. Read them again.`,
  );
}

function summary({ roles, rolesVersion, disabled, validAfter }: Account): object {
  return { roles, rolesVersion, disabled, validAfter };
}
