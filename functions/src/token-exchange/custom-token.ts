import { claimedVersion } from '../authz/role-claims.ts';
import { type AppError, unavailable } from '../core/errors.ts';
import { type DirectoryEntry, type DirectoryService, markAccountOutOfSync } from '../directory/index.ts';
import type { Platform } from '../platform/platform.ts';

/**
 * Creates a Firebase custom token for the user of an entry. The claims are in Firebase Auth before the token exists: the
 * first ID token of the client would be stale otherwise.
 *
 * @param signedInAt second since the epoch; revocations are compared with it
 * @param accountDisabled the error when the account is disabled, or the entry was deleted meanwhile
 * @throws AppError `unavailable`, or that of `accountDisabled`
 */
export type CreateCustomToken = (
  entry: DirectoryEntry,
  signedInAt: number,
  accountDisabled: () => AppError,
) => Promise<string>;

export function createCustomTokens(
  { accounts }: Pick<Platform, 'accounts'>,
  directory: DirectoryService,
): CreateCustomToken {
  const { sync } = directory;

  /** Creates the account of an external user if there is none. */
  async function prepareAccount(entry: DirectoryEntry, accountDisabled: () => AppError): Promise<void> {
    const { uid, rolesVersion, pending } = entry;
    const found = await accounts.find(uid);
    // Disabled in the Firebase console: when Gatehouse disables a user, `disabled` is pending until it is applied.
    if (found?.disabled && !pending.includes('disabled')) throw accountDisabled();
    if (found !== undefined && claimedVersion(found.claims) === rolesVersion) return;
    if (found === undefined) await accounts.create(uid);
    const account = found ?? (await accounts.find(uid));
    if (account === undefined) throw unavailable('the account was deleted again');
    // Changes made before the account existed could not be applied to it.
    const current = await markAccountOutOfSync(directory, account);
    if (current?.disabled === false) return;
    if (current !== undefined) await sync.syncAccount(uid);
    else await accounts.remove(uid);
    throw accountDisabled();
  }

  return async (entry, signedInAt, accountDisabled) => {
    if (entry.identity !== undefined) await prepareAccount(entry, accountDisabled);
    if (!(await sync.syncAccount(entry.uid))) throw unavailable('Firebase Auth is not in sync');
    return accounts.createCustomToken(entry.uid, { subject_auth_time: signedInAt });
  };
}
