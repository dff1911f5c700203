import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { compileAccessClaims } from '../authz/access-claims.ts';
import { toAppError } from '../errors.ts';
import { type Clock, seconds } from '../lib/clock.ts';
import type { Log } from '../log.ts';
import type { AccountStore } from '../users/account-store.ts';
import { mergeClaims } from '../users/claims.ts';
import type { Directory, Outcome } from './directory.ts';
import type { DirectoryEntry, Pending } from './directory-entry.ts';

/** Brings Firebase Auth in line with the directory. */
export interface AccountSync {
  /**
   * Tells Firebase Auth what it has not been told of a user. One at a time per user, across all instances, since Firebase
   * Auth has no compare-and-set and the last to write would win.
   *
   * @param begun the entry as a change left it that took the turn when it was committed
   * @returns false when it is not done: Firebase Auth did not answer, or another instance is still at it. The entry says
   *   what is left.
   */
  bring(uid: string, begun?: DirectoryEntry): Promise<boolean>;
}

/** How long one instance may be at it before another takes over; longer than all its calls together may take. */
export const TURN_MS = 20_000;
/** For another to be done: 8 seconds. */
const ATTEMPTS = 80;
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
    let answer: DirectoryEntry | 'done' | 'busy' = 'done';
    await directory.change({ uid }, ({ entry }) => {
      answer = 'done';
      if (entry === undefined || entry.pending.length === 0) return undefined;
      answer = 'busy';
      if (entry.syncing !== undefined && entry.syncing.by !== by && clock() < entry.syncing.until)
        return undefined;
      answer = { ...entry, syncing: { by, until: clock() + TURN_MS } };
      return { entry: answer };
    });
    return answer;
  }

  /** Takes away before it gives. @returns false when there is nobody to tell about */
  async function tell(entry: DirectoryEntry): Promise<boolean> {
    const { uid, pending } = entry;
    const account = await accounts.find(uid);
    if (account === undefined) return false;
    const isOutOfStep = pending.includes('disabled') && account.disabled !== entry.disabled;
    if (isOutOfStep && entry.disabled) await accounts.setDisabled(uid, true);
    if (pending.includes('deletion')) {
      await accounts.remove(uid);
      return false;
    }
    if (pending.includes('sessions') && account.validAfter < entry.validAfter) {
      await accounts.revokeTokens(uid, entry.validAfter);
    }
    if (pending.includes('claims')) {
      const access = compileAccessClaims(entry.grants, entry.rolesVersion, seconds(clock));
      const claims = mergeClaims(account.claims, access);
      if (!isDeepStrictEqual(claims, account.claims)) await accounts.setClaims(uid, claims);
    }
    if (isOutOfStep && !entry.disabled) await accounts.setDisabled(uid, false);
    return true;
  }

  /** Strikes off what was told, unless it has changed since. @returns whether nothing is left */
  async function finish(told: DirectoryEntry, by: string): Promise<boolean> {
    let done = true;
    await directory.change({ uid: told.uid }, ({ entry }): Outcome | undefined => {
      done = true;
      if (entry === undefined) return undefined;
      const pending = entry.pending.filter(
        (what) => !told.pending.includes(what) || hasChanged(what, told, entry),
      );
      const mine = entry.syncing?.by === by;
      done = pending.length === 0;
      const { validAfter, rolesVersion } = entry;
      const isLate = done && seconds(clock) - entry.updated > LATE;
      return {
        entry: {
          ...entry,
          pending,
          claimsVersion: told.pending.includes('claims') ? told.rolesVersion : entry.claimsVersion,
          syncing: done && mine ? undefined : entry.syncing,
        },
        ...(isLate && { accessChange: { validAfter, rolesVersion } }),
      };
    });
    return done;
  }

  return {
    async bring(uid, begun) {
      const by = begun?.syncing?.by ?? randomUUID();
      try {
        for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
          const entry = attempt === 0 && begun?.syncing ? begun : await takeTurn(uid, by);
          if (entry === 'done') return true;
          if (entry === 'busy') {
            await sleep(POLL_MS);
            continue;
          }
          if (!(await tell(entry))) {
            await forgetUser(directory, { uid, requestId: by, now: seconds(clock) });
            return true;
          }
          if (await finish(entry, by)) return true;
        }
      } catch (error) {
        log.failure(by, toAppError(error));
      }
      return false;
    },
  };
}

/** Removes the entry of a user whom Firebase Auth does not know any more. */
export async function forgetUser(
  directory: Directory,
  { uid, requestId, now }: { uid: string; requestId: string; now: number },
): Promise<void> {
  const event = { actor: 'system', action: 'user.gone', target: uid, outcome: 'done', requestId } as const;
  await directory.change({ uid, id: randomUUID() }, ({ entry }) => {
    if (entry === undefined) return undefined;
    const wasAsked = entry.pending.includes('deletion');
    return {
      entry: null,
      accessChange: { gone: true, validAfter: now + 1 },
      ...(!wasAsked && { audit: event }),
      evenLastOwner: true,
    };
  });
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
