import type { AccountStates } from '../authn/account-states.ts';
import type { Principal } from '../authn/principal.ts';
import type { Role } from '../authz/roles.ts';
import { AppError, ERRORS, toAppError } from '../errors.ts';
import { withDeadline } from '../lib/deadline.ts';
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

/** What the log says of a change: what was asked for, not what came of it. */
interface Change {
  readonly uid: string;
  readonly action: string;
  readonly after?: object;
  readonly reason?: string | undefined;
}

/** For a whole change, waiting included, in milliseconds. Each of its calls has its own, shorter deadline. */
const CHANGE_DEADLINE_MS = 10_000;

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

  /**
   * Runs a change of one account in its turn and writes one line about it, whatever comes of it; then this instance asks
   * anew about that account.
   */
  function changing(
    { principal, requestId }: Actor,
    { uid, action, after, reason }: Change,
    change: (before: Account) => Promise<void>,
  ): Promise<void> {
    const arrived = performance.now();
    const line = { requestId, action, actor: principal.subject, target: uid, reason };
    const result = inTurn(uid, async () => {
      // Nobody waits for it any more.
      if (performance.now() - arrived > CHANGE_DEADLINE_MS) return;
      let before: Account | undefined;
      try {
        before = await get(uid);
        await change(before);
        log.change({ ...line, outcome: 'done', before: summary(before), after });
      } catch (error) {
        const { code } = toAppError(error);
        const outcome = ERRORS[code].status < 500 ? 'refused' : 'unknown';
        log.change({ ...line, outcome, code, ...(before && { before: summary(before) }), after });
        throw error;
      } finally {
        accountStates.forget(uid);
      }
    });
    return withDeadline(action, result, CHANGE_DEADLINE_MS);
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

    async setRoles(actor, { uid, roles, rolesVersion, reason }) {
      const after = { roles, rolesVersion: rolesVersion + 1 };
      await changing(actor, { uid, action: 'roles.set', after, reason }, async (before) => {
        checkGrant(actor.principal, before, roles);
        checkVersion(before, rolesVersion);
        const claims = mergeClaims(before.claims, after);
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
      });
      return get(uid);
    },

    async setDisabled(actor, uid, disabled) {
      const action = disabled ? 'user.disable' : 'user.enable';
      await changing(actor, { uid, action, after: { disabled } }, async (before) => {
        checkOutranked(actor.principal, before);
        if (disabled) {
          await checkOwnerStays(before);
          await store.revokeTokens(uid);
        }
        await store.setDisabled(uid, disabled);
        if (disabled) await undoIfNoOwnerIsLeft(before, () => store.setDisabled(uid, false));
      });
      return get(uid);
    },

    remove: (actor, uid) =>
      changing(actor, { uid, action: 'user.delete' }, async (before) => {
        checkOutranked(actor.principal, before);
        await checkOwnerStays(before);
        // Disabled first, so that the second look comes while it can still be undone.
        await store.setDisabled(uid, true);
        await undoIfNoOwnerIsLeft(before, () => store.setDisabled(uid, before.disabled));
        await store.remove(uid);
      }),

    async revoke(actor, uid) {
      await changing(actor, { uid, action: 'sessions.revoke' }, () => store.revokeTokens(uid));
      return get(uid);
    },
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
