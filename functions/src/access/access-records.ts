import { LRUCache } from 'lru-cache';
import type { AccessRecords } from '../authn/access-records.ts';
import { type Clock, seconds } from '../lib/clock.ts';
import type { Account } from '../users/account.ts';
import type { AccountStore } from '../users/account-store.ts';
import type { AccountSync } from './account-sync.ts';
import type { Directory } from './directory.ts';
import { adoptedEntry, type DirectoryEntry } from './directory-entry.ts';

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
      const entry = found ?? (await adopt(directory, account, seconds(clock)));
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

/** Gives an account that the directory does not know its first entry. Whoever comes second finds the first one's. */
export async function adopt(directory: Directory, account: Account, now: number): Promise<DirectoryEntry> {
  const { uid } = account;
  let entry = adoptedEntry(account, now);
  await directory.change({ uid }, (situation) => {
    if (situation.entry !== undefined) {
      entry = situation.entry;
      return undefined;
    }
    entry = adoptedEntry(account, now);
    const after = { roles: entry.grants.map(({ role }) => role), version: entry.rolesVersion };
    const audit = {
      actor: 'system',
      action: 'user.adopt',
      target: uid,
      outcome: 'done',
      after,
      requestId: 'adopt',
    } as const;
    return { entry, ...(entry.grants.length > 0 && { audit }) };
  });
  return entry;
}
