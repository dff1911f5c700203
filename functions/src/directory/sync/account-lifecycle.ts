import { claimedVersion } from '../../authz/role-claims.ts';
import type { Account } from '../../platform/firebase-auth/account.ts';
import type { Directory } from '../directory.ts';
import type { DirectoryEntry, Pending } from '../entry.ts';

/**
 * A Firebase account was created for an external user who had an entry before: what the account lacks becomes pending.
 * `syncAccount` then applies it.
 *
 * @returns the entry after that; undefined when it was deleted
 */
export async function markAccountOutOfSync(
  directory: Directory,
  account: Account,
): Promise<DirectoryEntry | undefined> {
  let result: DirectoryEntry | undefined;
  await directory.change({ uid: account.uid }, ({ entry, now }) => {
    result = entry;
    if (entry === undefined) return undefined;
    const missing: Pending[] = [
      ...(claimedVersion(account.claims) === entry.rolesVersion ? [] : ['claims' as const]),
      // Only this way round: an account that was disabled in the Firebase console stays disabled.
      ...(entry.disabled && !account.disabled ? ['disabled' as const] : []),
    ];
    const pending = [...new Set([...entry.pending, ...missing])];
    if (pending.length === entry.pending.length) return undefined;
    result = { ...entry, pending, pendingSince: entry.pendingSince ?? now };
    return { entry: result };
  });
  return result;
}

/**
 * A Firebase account was deleted: deletes the entry, and lets every instance reject the user's tokens, even if there was no
 * entry. An external user needs no account and keeps the entry; a new version makes the tokens of the deleted account stale
 * and leaves the sessions at the issuer alone.
 */
export async function handleAccountDeleted(
  directory: Directory,
  { uid, requestId }: { uid: string; requestId: string },
): Promise<void> {
  const event = { actor: 'system', target: uid, outcome: 'done', requestId } as const;
  await directory.change({ uid }, ({ entry, now }) => {
    if (entry?.identity !== undefined && !entry.pending.includes('deletion')) {
      const rolesVersion = entry.rolesVersion + 1;
      return {
        entry: { ...entry, rolesVersion, updated: now },
        accessChange: { rolesVersion },
        audit: { ...event, action: 'user.firebase-account-deleted' },
      };
    }
    const wasDeletedElsewhere = entry !== undefined && !entry.pending.includes('deletion');
    return {
      entry: null,
      accessChange: { gone: true, validAfter: now + 1 },
      ...(wasDeletedElsewhere && { audit: { ...event, action: 'user.account-deleted' } }),
      allowRemovingLastOwner: true,
    };
  });
}
