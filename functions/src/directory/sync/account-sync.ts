import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../core/clock.ts';
import { isTimeout } from '../../core/deadline.ts';
import { toAppError } from '../../core/errors.ts';
import type { AccountStore } from '../../platform/firebase-auth/account-store.ts';
import type { Log } from '../../platform/logging/log.ts';
import type { Directory, Outcome } from '../directory.ts';
import type { DirectoryEntry, Pending } from '../entry.ts';
import { applyToFirebaseAuth } from './apply-to-firebase-auth.ts';
import { handleAccountDeleted } from './handle-account-deleted.ts';

/** Brings Firebase Auth in line with the directory. */
export interface AccountSync {
  /**
   * Tells Firebase Auth what it has not been told of a user. One at a time per user, across all instances, since Firebase
   * Auth has no compare-and-set and the last to write would win.
   *
   * @param leased the entry as a change left it that took the turn when it was committed
   * @param wait wait some seconds for another to be done
   * @returns false when it is not done: Firebase Auth did not answer, or another instance is still at it. The entry says
   *   what is left.
   */
  syncAccount(
    uid: string,
    options?: { leased?: DirectoryEntry | undefined; wait?: boolean },
  ): Promise<boolean>;
}

/** How long one instance may be at it before another takes over, in milliseconds; longer than all its calls may take. */
export const LEASE_MS = 20_000;
/** A call that timed out goes on within the SDK, which tries five times for 25 s each: nobody else may write meanwhile. */
const UNCERTAIN_LEASE_MS = 150_000;
const WAIT_MS = 8_000;
const POLL_MS = 100;
/** Told later than this, in seconds, the change is announced again: tokens have been issued from what was not true. */
const LATE = 60;

interface SyncDeps {
  readonly directory: Directory;
  readonly accounts: AccountStore;
  readonly clock: Clock;
  readonly log: Pick<Log, 'failure'>;
}

export function createAccountSync({ directory, accounts, clock, log }: SyncDeps): AccountSync {
  /** Takes the turn. @returns the entry, `done` when nothing is pending, `busy` while another has the turn */
  async function acquireLease(uid: string, by: string): Promise<DirectoryEntry | 'done' | 'busy'> {
    // Looked at before it is locked: those who wait must not be in the way of the one they wait for.
    const seen = await directory.find(uid);
    if (seen === undefined || seen.pending.length === 0) return 'done';
    if (isLeasedByOther(seen, by, clock())) return 'busy';
    let answer: DirectoryEntry | 'done' | 'busy' = 'done';
    await directory.change({ uid }, ({ entry, now }) => {
      answer = 'done';
      if (entry === undefined || entry.pending.length === 0) return undefined;
      answer = 'busy';
      if (isLeasedByOther(entry, by, now)) return undefined;
      answer = { ...entry, lease: { by, until: now + LEASE_MS } };
      return { entry: answer };
    });
    return answer;
  }

  /**
   * Strikes off what was told, and puts back what has changed since.
   *
   * @param shutAt undefined: there is no account, so nobody to tell and nobody who could have signed in
   * @returns whether nothing is left
   */
  async function finish(told: DirectoryEntry, by: string, shutAt: number | undefined): Promise<boolean> {
    const shutFor = clock() - (shutAt ?? clock());
    let done = true;
    await directory.change({ uid: told.uid }, ({ entry, now }): Outcome | undefined => {
      done = true;
      if (entry === undefined) return undefined;
      const second = Math.floor(now / 1000);
      // Somebody may have signed in until the account was disabled.
      const isShut = shutAt !== undefined && told.pending.includes('disabled') && entry.disabled;
      const lastSignIn = Math.floor((now - shutFor) / 1000);
      const validAfter = isShut ? Math.max(entry.validAfter, lastSignIn + 1) : entry.validAfter;
      const after = { ...entry, validAfter };
      const others = entry.pending.filter((what) => !told.pending.includes(what));
      // Even where another has told it already: what was told here may have come after that.
      const again = told.pending.filter((what) => hasChanged(what, told, after));
      const ends: Pending[] = validAfter === entry.validAfter ? [] : ['sessions'];
      const pending = [...new Set([...others, ...again, ...ends])];
      done = pending.length === 0;
      const isLate = done && second - (entry.pendingSince ?? second) > LATE;
      return {
        entry: {
          ...after,
          pending,
          pendingSince: done ? undefined : entry.pendingSince,
          claimsVersion: told.pending.includes('claims') ? told.rolesVersion : entry.claimsVersion,
          lease: done && entry.lease?.by === by ? undefined : entry.lease,
        },
        ...((isShut || isLate) && { accessChange: { validAfter, rolesVersion: entry.rolesVersion } }),
      };
    });
    return done;
  }

  /** Gives the turn back, or keeps it for as long as what timed out may still happen. */
  async function releaseLease(uid: string, by: string, inDoubt: boolean): Promise<void> {
    await directory.change({ uid }, ({ entry, now }) =>
      entry?.lease?.by === by
        ? { entry: { ...entry, lease: inDoubt ? { by, until: now + UNCERTAIN_LEASE_MS } : undefined } }
        : undefined,
    );
  }

  async function attempt(uid: string, by: string, entry: DirectoryEntry): Promise<boolean> {
    let isTelling = false;
    try {
      const account = await accounts.find(uid);
      isTelling = true;
      const shutAt = account && (await applyToFirebaseAuth(accounts, { account, entry, clock }));
      isTelling = false;
      // Somebody of another issuer needs no account: without one there is nothing to tell.
      const stays = entry.identity !== undefined && !entry.pending.includes('deletion');
      if (shutAt !== undefined || stays) return await finish(entry, by, shutAt);
      await handleAccountDeleted(directory, { uid, requestId: by });
      return true;
    } catch (error) {
      await releaseLease(uid, by, isTelling && isTimeout(error)).catch(() => undefined);
      throw error;
    }
  }

  return {
    async syncAccount(uid, { leased, wait = true } = {}) {
      const by = leased?.lease?.by ?? randomUUID();
      const until = performance.now() + WAIT_MS;
      try {
        let turn = leased?.lease === undefined ? await acquireLease(uid, by) : leased;
        for (;;) {
          if (turn === 'done') return true;
          if (turn !== 'busy' && (await attempt(uid, by, turn))) return true;
          // What its own turn has left to tell needs no patience.
          if ((turn === 'busy' && !wait) || performance.now() > until) return false;
          if (turn === 'busy') await sleep(POLL_MS);
          turn = await acquireLease(uid, by);
        }
      } catch (error) {
        log.failure(by, toAppError(error));
        return false;
      }
    },
  };
}

function isLeasedByOther({ lease }: DirectoryEntry, by: string, now: number): boolean {
  return lease !== undefined && lease.by !== by && now < lease.until;
}

function hasChanged(what: Pending, told: DirectoryEntry, now: DirectoryEntry): boolean {
  switch (what) {
    case 'claims':
      return told.rolesVersion !== now.rolesVersion;
    case 'sessions':
      return told.validAfter !== now.validAfter;
    case 'disabled':
      return told.disabled !== now.disabled;
    case 'deletion':
      return false;
  }
}
