import { claimedVersion } from '../../authz/role-claims.ts';
import type { Account } from '../../platform/firebase-auth/account.ts';
import type { Directory } from '../directory.ts';
import type { DirectoryEntry, Pending } from '../entry.ts';

/**
 * An account has come to be for somebody who had an entry before it: what the entry says and the account does not is
 * owed to it from now on. `sync.bring` pays.
 *
 * @returns the entry as it is then; undefined when it is gone
 */
export async function markAccountOutOfSync(
  directory: Directory,
  account: Account,
): Promise<DirectoryEntry | undefined> {
  let owing: DirectoryEntry | undefined;
  await directory.change({ uid: account.uid }, ({ entry, now }) => {
    owing = entry;
    if (entry === undefined) return undefined;
    const owed: Pending[] = [
      ...(claimedVersion(account.claims) === entry.rolesVersion ? [] : ['claims' as const]),
      // Not the other way round: who is disabled in Firebase's own console stays so.
      ...(entry.disabled && !account.disabled ? ['disabled' as const] : []),
    ];
    const pending = [...new Set([...entry.pending, ...owed])];
    if (pending.length === entry.pending.length) return undefined;
    owing = { ...entry, pending, pendingSince: entry.pendingSince ?? Math.floor(now / 1000) };
    return { entry: owing };
  });
  return owing;
}
