import { LRUCache } from 'lru-cache';
import type { AuditEvent } from '../audit/audit-event.ts';
import type { AccessRecords } from '../authn/access-records.ts';
import { type Clock, seconds } from '../lib/clock.ts';
import type { Account } from '../users/account.ts';
import type { AccountStore } from '../users/account-store.ts';
import type { AccountSync } from './account-sync.ts';
import type { Directory, Outcome } from './directory.ts';
import { adoptedEntry, type DirectoryEntry, profileOf } from './directory-entry.ts';

interface RecordsDeps {
  readonly directory: Directory;
  readonly accounts: Pick<AccountStore, 'find'>;
  readonly sync: AccountSync;
  readonly clock: Clock;
}

/** A stale token presented again and again is not a reason to look again and again. Milliseconds. */
const MEND_AGAIN_MS = 5_000;

/** The record of a Firebase user: the entry in the directory together with the account in Firebase Auth. */
export function createAccessRecords({ directory, accounts, sync, clock }: RecordsDeps): AccessRecords {
  const mended = new LRUCache<string, number>({ max: 10_000 });
  return {
    async read(uid) {
      const [found, account] = await Promise.all([directory.find(uid), accounts.find(uid)]);
      if (account === undefined) return undefined;
      const isKnown = found !== undefined && hasProfileOf(account, found);
      const entry = isKnown ? found : await enter(directory, account, seconds(clock));
      return {
        // Who is disabled in Firebase's own console is out as well.
        disabled: entry.disabled || account.disabled,
        validAfter: Math.max(entry.validAfter, account.validAfter),
        rolesVersion: entry.rolesVersion,
        grants: entry.grants,
      };
    },
    async mend(uid) {
      if (clock() - (mended.get(uid) ?? Number.NEGATIVE_INFINITY) < MEND_AGAIN_MS) return;
      mended.set(uid, clock());
      await sync.bring(uid);
    },
  };
}

/**
 * Enters an account in the directory: the first entry of one that has none, or the profile as Firebase Auth has it now.
 * Whoever comes second finds the first one's.
 *
 * @returns the entry as it is then
 */
export async function enter(directory: Directory, account: Account, now: number): Promise<DirectoryEntry> {
  const { uid } = account;
  let entered = adoptedEntry(account, now);
  await directory.change({ uid }, ({ entry }): Outcome | undefined => {
    if (entry === undefined) {
      entered = adoptedEntry(account, now);
      return { entry: entered, ...(entered.grants.length > 0 && { audit: adoption(entered) }) };
    }
    entered = { ...entry, ...profileOf(account) };
    return hasProfileOf(account, entry) ? undefined : { entry: entered };
  });
  return entered;
}

/** Does the directory know somebody as Firebase Auth does? */
export function hasProfileOf(account: Account, entry: DirectoryEntry): boolean {
  const { email, emailVerified, displayName, providers } = profileOf(account);
  return (
    email === entry.email &&
    emailVerified === entry.emailVerified &&
    displayName === entry.displayName &&
    providers.join() === entry.providers.join()
  );
}

function adoption({ uid, grants, rolesVersion }: DirectoryEntry): AuditEvent {
  return {
    actor: 'system',
    action: 'user.adopt',
    target: uid,
    outcome: 'done',
    after: { roles: grants.map(({ role }) => role), version: rolesVersion },
    requestId: 'adopt',
  };
}
