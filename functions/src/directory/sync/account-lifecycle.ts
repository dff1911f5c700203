import { claimedVersion } from '../../authz/role-claims.ts';
import type { Account } from '../../platform/firebase-auth/account.ts';
import type { Directory } from '../directory.ts';
import type { DirectoryEntry, Pending } from '../entry.ts';

/**
 * After a Firebase account was created for an external user with an entry: marks what differs in the account as pending, for
 * `syncAccount`.
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
      // Never enables an account: it may have been disabled in the Firebase console.
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
 * After a Firebase account was deleted: deletes the entry, and revokes the user's tokens even if there was no entry. An
 * external user needs no account and keeps the entry; a new version makes the Firebase tokens stale, and does not affect
 * sessions at the issuer.
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
