import type { AuditEvent } from '../audit/audit-event.ts';
import { AppError } from '../errors.ts';
import { isUid } from '../lib/uid.ts';
import type { Account } from '../users/account.ts';
import type { Directory, Outcome } from './directory.ts';
import { adoptedEntry, type DirectoryEntry, profileOf } from './directory-entry.ts';
import { summaryOf } from './grant.ts';

/**
 * Enters an account in the directory: the first entry of one that has none, or the profile as Firebase Auth has it now.
 * Whoever comes second finds the first one's. The profile of somebody of another issuer is that issuer's to say.
 *
 * @param now seconds since the epoch
 * @returns the entry as it is then
 * @throws AppError `not_found` for an id that no document can have: others may make users with any
 */
export async function enter(directory: Directory, account: Account, now: number): Promise<DirectoryEntry> {
  const { uid } = account;
  if (!isUid(uid)) throw new AppError('not_found', 'No entry in the directory can have such an id.');
  let entered = adoptedEntry(account, now);
  await directory.change({ uid }, ({ entry }): Outcome | undefined => {
    if (entry === undefined) {
      entered = adoptedEntry(account, now);
      return { entry: entered, ...(entered.grants.length > 0 && { audit: adoption(entered) }) };
    }
    entered = entry.identity === undefined ? { ...entry, ...profileOf(account) } : entry;
    return hasProfileOf(account, entry) ? undefined : { entry: entered };
  });
  return entered;
}

/** Does the directory know somebody as Firebase Auth does, as far as Firebase Auth has a say? */
export function hasProfileOf(account: Account, entry: DirectoryEntry): boolean {
  if (entry.identity !== undefined) return true;
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
    after: { version: rolesVersion, grants: summaryOf(grants) },
    requestId: 'adopt',
  };
}
