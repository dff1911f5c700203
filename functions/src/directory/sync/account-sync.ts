import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { compileRoleClaims } from '../../authz/role-claims.ts';
import { type Clock, seconds } from '../../core/clock.ts';
import { isTimeout } from '../../core/deadline.ts';
import { toAppError } from '../../core/errors.ts';
import type { Account } from '../../platform/firebase-auth/account.ts';
import { mergeClaims } from '../../platform/firebase-auth/account.ts';
import type { AccountStore } from '../../platform/firebase-auth/account-store.ts';
import type { Log } from '../../platform/logging/log.ts';
import type { Directory, Outcome } from '../directory.ts';
import type { DirectoryEntry, Pending } from '../entry.ts';
import { handleAccountDeleted } from './account-lifecycle.ts';

/** Applies pending changes of the directory to Firebase Auth. */
export interface AccountSync {
  /**
   * Applies what is pending for a user. One instance at a time per user: Firebase Auth has no compare-and-set, so the last
   * of two writers would win. A lease in the entry ensures that.
   *
   * @param leased the entry after a change that took the lease in its transaction
   * @param wait wait some seconds while another instance holds the lease
   * @returns whether nothing is pending any more; false when Firebase Auth did not answer or another instance holds the
   *   lease. The entry says what is pending.
   */
  syncAccount(
    uid: string,
    options?: { leased?: DirectoryEntry | undefined; wait?: boolean },
  ): Promise<boolean>;
}

/** How long one instance may write before another one may, in seconds: longer than the deadlines of all its calls. */
export const LEASE_SECONDS = 21;
/** The SDK continues a call that timed out, with five attempts of 25 s: no other instance may write in that time. */
export const UNCERTAIN_LEASE_SECONDS = 151;
const WAIT_MS = 8_000;
const POLL_MS = 100;
/** After this many seconds, tokens may have been issued with the old claims: the change goes into the feed again. */
const LATE_SECONDS = 60;

interface SyncDeps {
  readonly directory: Directory;
  readonly accounts: AccountStore;
  readonly clock: Clock;
  readonly log: Pick<Log, 'failure'>;
}

/** Milliseconds by this instance's clock. */
interface AppliedAt {
  /** When `disabled` of the account was right. */
  readonly disabledAt: number;
  /** Just after the tokens of the account were revoked; undefined: they were revoked before. */
  readonly revokedAt: number | undefined;
}

export function createAccountSync({ directory, accounts, clock, log }: SyncDeps): AccountSync {
  /** @returns the entry with the lease; `synced` when nothing is pending; `busy` while another instance has the lease */
  async function acquireLease(uid: string, by: string): Promise<DirectoryEntry | 'synced' | 'busy'> {
    // Read without a transaction first: waiting instances must not contend with the one that has the lease.
    const before = await directory.find(uid);
    if (before === undefined || before.pending.length === 0) return 'synced';
    if (isLeasedByOther(before, by, seconds(clock))) return 'busy';
    let result: DirectoryEntry | 'synced' | 'busy' = 'synced';
    await directory.change({ uid }, ({ entry, now }) => {
      result = 'synced';
      if (entry === undefined || entry.pending.length === 0) return undefined;
      result = 'busy';
      if (isLeasedByOther(entry, by, now)) return undefined;
      result = { ...entry, lease: { by, until: now + LEASE_SECONDS } };
      return { entry: result };
    });
    return result;
  }

  /**
   * Removes from `pending` what was applied, and keeps what changed again meanwhile.
   *
   * @param at undefined: there is no account
   * @returns whether nothing is pending any more
   */
  async function markApplied(
    applied: DirectoryEntry,
    by: string,
    { disabledAt, revokedAt }: Partial<AppliedAt> = {},
  ): Promise<boolean> {
    const sinceDisabled = clock() - (disabledAt ?? clock());
    let isSynced = true;
    await directory.change({ uid: applied.uid }, ({ entry, now, secondBefore }): Outcome | undefined => {
      isSynced = true;
      if (entry === undefined) return undefined;
      // The user could sign in until the account was disabled.
      const wasDisabled = disabledAt !== undefined && applied.pending.includes('disabled') && entry.disabled;
      const lastSignIn = secondBefore(sinceDisabled);
      const validAfter = wasDisabled ? Math.max(entry.validAfter, lastSignIn + 1) : entry.validAfter;
      const after = { ...entry, validAfter };
      const added = entry.pending.filter((change) => !applied.pending.includes(change));
      // Pending again even if another instance has applied the newer value: the write of this one may have been later.
      const changed = applied.pending.filter((change) => hasChanged(change, applied, after));
      const sessions: Pending[] = validAfter === entry.validAfter ? [] : ['sessions'];
      const pending = [...new Set([...added, ...changed, ...sessions])];
      isSynced = pending.length === 0;
      const isLate = isSynced && now - (entry.pendingSince ?? now) > LATE_SECONDS;
      return {
        entry: {
          ...after,
          pending,
          pendingSince: isSynced ? undefined : entry.pendingSince,
          ...(revokedAt !== undefined && {
            accountRevokedAt: Math.max(applied.validAfter, Math.floor(revokedAt / 1000)),
          }),
          claimsVersion: applied.pending.includes('claims') ? applied.rolesVersion : entry.claimsVersion,
          lease: isSynced && entry.lease?.by === by ? undefined : entry.lease,
        },
        ...((wasDisabled || isLate) && { accessChange: { validAfter, rolesVersion: entry.rolesVersion } }),
      };
    });
    return isSynced;
  }

  /** Releases the lease; extends it while a call that timed out may still take effect. */
  async function releaseLease(uid: string, by: string, mayStillWrite: boolean): Promise<void> {
    await directory.change({ uid }, ({ entry, now }) => {
      if (entry?.lease?.by !== by) return undefined;
      const lease = mayStillWrite ? { by, until: now + UNCERTAIN_LEASE_SECONDS } : undefined;
      return { entry: { ...entry, lease } };
    });
  }

  async function applyWithLease(uid: string, by: string, entry: DirectoryEntry): Promise<boolean> {
    let isWriting = false;
    try {
      const account = await accounts.find(uid);
      isWriting = true;
      const at = account && (await applyToFirebaseAuth(accounts, { account, entry, clock }));
      isWriting = false;
      // An external user needs no account: without one there is nothing to apply.
      const needsNone = entry.identity !== undefined && !entry.pending.includes('deletion');
      if (at !== undefined || needsNone) return await markApplied(entry, by, at);
      await handleAccountDeleted(directory, { uid, requestId: by });
      return true;
    } catch (error) {
      await releaseLease(uid, by, isWriting && isTimeout(error)).catch(() => undefined);
      throw error;
    }
  }

  return {
    async syncAccount(uid, { leased, wait = true } = {}) {
      const by = leased?.lease?.by ?? randomUUID();
      const until = performance.now() + WAIT_MS;
      try {
        let lease = leased?.lease === undefined ? await acquireLease(uid, by) : leased;
        for (;;) {
          if (lease === 'synced') return true;
          if (lease !== 'busy' && (await applyWithLease(uid, by, lease))) return true;
          // With the lease, what became pending meanwhile is applied even with `wait: false`.
          if ((lease === 'busy' && !wait) || performance.now() > until) return false;
          if (lease === 'busy') await sleep(POLL_MS);
          lease = await acquireLease(uid, by);
        }
      } catch (error) {
        log.failure(by, toAppError(error));
        return false;
      }
    },
  };
}

/**
 * Writes what is pending to Firebase Auth; first what removes access.
 *
 * @returns undefined when the account was deleted
 */
async function applyToFirebaseAuth(
  accounts: AccountStore,
  { account, entry, clock }: { account: Account; entry: DirectoryEntry; clock: Clock },
): Promise<AppliedAt | undefined> {
  const { uid, pending } = entry;
  const disabledDiffers = pending.includes('disabled') && account.disabled !== entry.disabled;
  if (disabledDiffers && entry.disabled) await accounts.setDisabled(uid, true);
  const disabledAt = clock();
  if (pending.includes('deletion')) {
    await accounts.remove(uid);
    return undefined;
  }
  let revokedAt: number | undefined;
  if (pending.includes('sessions') && account.validAfter < entry.validAfter) {
    await accounts.revokeTokens(uid, entry.validAfter);
    revokedAt = clock();
  }
  if (pending.includes('claims')) {
    const roleClaims = compileRoleClaims(entry.grants, entry.rolesVersion, seconds(clock));
    const claims = mergeClaims(account.claims, roleClaims);
    if (!isDeepStrictEqual(claims, account.claims)) await accounts.setClaims(uid, claims);
  }
  if (disabledDiffers && !entry.disabled) await accounts.setDisabled(uid, false);
  return { disabledAt, revokedAt };
}

function isLeasedByOther({ lease }: DirectoryEntry, by: string, now: number): boolean {
  return lease !== undefined && lease.by !== by && now < lease.until;
}

function hasChanged(change: Pending, applied: DirectoryEntry, current: DirectoryEntry): boolean {
  switch (change) {
    case 'claims':
      return applied.rolesVersion !== current.rolesVersion;
    case 'sessions':
      return applied.validAfter !== current.validAfter;
    case 'disabled':
      return applied.disabled !== current.disabled;
    case 'deletion':
      return false;
  }
}
