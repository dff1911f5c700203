import type { AuditEvent } from '../audit/audit-event.ts';
import { AppError } from '../core/errors.ts';
import { isUid } from '../core/uid.ts';
import type { Account } from '../platform/firebase-auth/account.ts';
import type { Directory, Outcome } from './directory.ts';
import { type DirectoryEntry, importedEntry, profileOf } from './entry.ts';
import { summarizeGrants } from './grant.ts';

/**
 * Enters an account in the directory: the first entry of one that has none, or the profile as Firebase Auth has it now.
 * Whoever comes second finds the first one's. The profile of somebody of another issuer is that issuer's to say.
 *
 * @param now seconds since the epoch
 * @returns the entry as it is then
 * @throws AppError `not_found` for an id that no document can have: others may make users with any
 */
export async function provisionEntry(
  directory: Directory,
  account: Account,
  now: number,
): Promise<DirectoryEntry> {
  const { uid } = account;
  if (!isUid(uid)) throw new AppError('not_found', 'No entry in the directory can have such an id.');
  let entered = importedEntry(account, now);
  await directory.change({ uid }, ({ entry }): Outcome | undefined => {
    if (entry === undefined) {
      entered = importedEntry(account, now);
      return { entry: entered, ...(entered.grants.length > 0 && { audit: importEvent(entered) }) };
    }
    entered = entry.identity === undefined ? { ...entry, ...profileOf(account) } : entry;
    return hasCurrentProfile(account, entry) ? undefined : { entry: entered };
  });
  return entered;
}

/** Does the directory know somebody as Firebase Auth does, as far as Firebase Auth has a say? */
export function hasCurrentProfile(account: Account, entry: DirectoryEntry): boolean {
  if (entry.identity !== undefined) return true;
  const { email, emailVerified, displayName, providers } = profileOf(account);
  return (
    email === entry.email &&
    emailVerified === entry.emailVerified &&
    displayName === entry.displayName &&
    providers.join() === entry.providers.join()
  );
}

function importEvent({ uid, grants, rolesVersion }: DirectoryEntry): AuditEvent {
  return {
    actor: 'system',
    action: 'user.import',
    target: uid,
    outcome: 'done',
    after: { version: rolesVersion, grants: summarizeGrants(grants) },
    requestId: 'import',
  };
}
