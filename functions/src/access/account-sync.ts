import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { toAppError } from '../errors.ts';
import type { Clock } from '../lib/clock.ts';
import { isTimeout } from '../lib/deadline.ts';
import type { Log } from '../log.ts';
import type { AccountStore } from '../users/account-store.ts';
import type { Directory, Outcome } from './directory.ts';
import type { DirectoryEntry, Pending } from './directory-entry.ts';
import { forgetUser } from './forget-user.ts';
import { tellAccount } from './tell-account.ts';

/** Brings Firebase Auth in line with the directory. */
export interface AccountSync {
  /**
   * Tells Firebase Auth what it has not been told of a user. One at a time per user, across all instances, since Firebase
   * Auth has no compare-and-set and the last to write would win.
   *
   * @param begun the entry as a change left it that took the turn when it was committed
   * @param patient wait some seconds for another to be done
   * @returns false when it is not done: Firebase Auth did not answer, or another instance is still at it. The entry says
   *   what is left.
   */
  bring(uid: string, options?: { begun?: DirectoryEntry | undefined; patient?: boolean }): Promise<boolean>;
}

/** How long one instance may be at it before another takes over, in milliseconds; longer than all its calls may take. */
export const TURN_MS = 20_000;
/** A call that timed out goes on within the SDK, which tries five times for 25 s each: nobody else may write meanwhile. */
const DOUBT_MS = 150_000;
const PATIENCE_MS = 8_000;
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
  async function takeTurn(uid: string, by: string): Promise<DirectoryEntry | 'done' | 'busy'> {
    // Looked at before it is locked: those who wait must not be in the way of the one they wait for.
    const seen = await directory.find(uid);
    if (seen === undefined || seen.pending.length === 0) return 'done';
    if (isTaken(seen, by, clock())) return 'busy';
    let answer: DirectoryEntry | 'done' | 'busy' = 'done';
    await directory.change({ uid }, ({ entry, now }) => {
      answer = 'done';
      if (entry === undefined || entry.pending.length === 0) return undefined;
      answer = 'busy';
      if (isTaken(entry, by, now)) return undefined;
      answer = { ...entry, syncing: { by, until: now + TURN_MS } };
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
          syncing: done && entry.syncing?.by === by ? undefined : entry.syncing,
        },
        ...((isShut || isLate) && { accessChange: { validAfter, rolesVersion: entry.rolesVersion } }),
      };
    });
    return done;
  }

  /** Gives the turn back, or keeps it for as long as what timed out may still happen. */
  async function leave(uid: string, by: string, inDoubt: boolean): Promise<void> {
    await directory.change({ uid }, ({ entry, now }) =>
      entry?.syncing?.by === by
        ? { entry: { ...entry, syncing: inDoubt ? { by, until: now + DOUBT_MS } : undefined } }
        : undefined,
    );
  }

  async function attempt(uid: string, by: string, entry: DirectoryEntry): Promise<boolean> {
    let isTelling = false;
    try {
      const account = await accounts.find(uid);
      isTelling = true;
      const shutAt = account && (await tellAccount(accounts, { account, entry, clock }));
      isTelling = false;
      // Somebody of another issuer needs no account: without one there is nothing to tell.
      const stays = entry.identity !== undefined && !entry.pending.includes('deletion');
      if (shutAt !== undefined || stays) return await finish(entry, by, shutAt);
      await forgetUser(directory, { uid, requestId: by });
      return true;
    } catch (error) {
      await leave(uid, by, isTelling && isTimeout(error)).catch(() => undefined);
      throw error;
    }
  }

  return {
    async bring(uid, { begun, patient = true } = {}) {
      const by = begun?.syncing?.by ?? randomUUID();
      const until = performance.now() + PATIENCE_MS;
      try {
        let turn = begun?.syncing === undefined ? await takeTurn(uid, by) : begun;
        for (;;) {
          if (turn === 'done') return true;
          if (turn !== 'busy' && (await attempt(uid, by, turn))) return true;
          // What its own turn has left to tell needs no patience.
          if ((turn === 'busy' && !patient) || performance.now() > until) return false;
          if (turn === 'busy') await sleep(POLL_MS);
          turn = await takeTurn(uid, by);
        }
      } catch (error) {
        log.failure(by, toAppError(error));
        return false;
      }
    },
  };
}

function isTaken({ syncing }: DirectoryEntry, by: string, now: number): boolean {
  return syncing !== undefined && syncing.by !== by && now < syncing.until;
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
