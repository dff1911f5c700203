import type { Role } from '../authz/roles.ts';
import { type Clock, seconds } from '../core/clock.ts';
import { isUid } from '../core/uid.ts';
import type { Account } from '../platform/firebase-auth/account.ts';
import type { AccountStore } from '../platform/firebase-auth/account-store.ts';
import type { Directory } from './directory.ts';
import { type DirectoryEntry, importedEntry } from './entry.ts';
import { hasCurrentProfile, provisionEntry } from './provision.ts';

export interface ImportProgress {
  /** Accounts read. */
  readonly read: number;
  /** Entries created; in a dry run, entries that would be created. */
  readonly imported: number;
  /** Users who got the default role; in a dry run, who would get it. */
  readonly admitted: number;
  /** Accounts with ids that no document can have. */
  readonly skipped: number;
  /** Imported users per role. */
  readonly roles: Readonly<Partial<Record<Role, number>>>;
}

/** The sign-up policy, to give the default role to users who never had roles. */
interface DefaultRole {
  isFor(account: Account, entry: DirectoryEntry): boolean;
  provision(account: Account): Promise<DirectoryEntry>;
}

interface Options {
  readonly accounts: Pick<AccountStore, 'list' | 'find'>;
  readonly directory: Directory;
  readonly clock: Clock;
  readonly dryRun: boolean;
  /** Absent: roles come only from claims that Gatehouse wrote. */
  readonly defaultRole?: DefaultRole | undefined;
  /** Where an earlier run stopped, and its progress. */
  readonly from?: { readonly pageToken: string; readonly imported: ImportProgress };
}

/** Before the first page. */
export const NOTHING: ImportProgress = { read: 0, imported: 0, admitted: 0, skipped: 0, roles: {} };

/** The largest page of Firebase Auth. */
const PAGE_SIZE = 1000;
const IN_PARALLEL = 25;

/**
 * Creates the missing directory entries of Firebase users, page by page. Existing entries are kept and get the current
 * profile, so it can be run at any time and again.
 *
 * @yields after each page: the progress, and the token of the next page
 */
export async function* importUsers(
  options: Options,
): AsyncGenerator<{ readonly imported: ImportProgress; readonly pageToken?: string }> {
  const { accounts, directory, clock, dryRun, defaultRole, from } = options;
  let { read, imported, admitted, skipped, roles } = from?.imported ?? NOTHING;
  let pageToken = from?.pageToken;

  async function importUser(listed: Account): Promise<void> {
    const { uid } = listed;
    if (!isUid(uid)) {
      skipped++;
      return;
    }
    const found = await directory.find(uid);
    const entry = found ?? importedEntry(listed, seconds(clock));
    const isAdmitted = defaultRole?.isFor(listed, entry) === true;
    if (found !== undefined && !isAdmitted && hasCurrentProfile(listed, found)) return;
    if (!dryRun) {
      // The page may be minutes old, and the user may have been deleted.
      const account = await accounts.find(uid);
      if (account === undefined) return;
      if (isAdmitted) await defaultRole?.provision(account);
      else await provisionEntry(directory, account, seconds(clock));
    }
    if (isAdmitted) admitted++;
    if (found !== undefined) return;
    imported++;
    for (const { role } of entry.grants) roles = { ...roles, [role]: (roles[role] ?? 0) + 1 };
  }

  do {
    const page = await accounts.list(PAGE_SIZE, pageToken);
    for (let start = 0; start < page.accounts.length; start += IN_PARALLEL) {
      await Promise.all(page.accounts.slice(start, start + IN_PARALLEL).map(importUser));
    }
    read += page.accounts.length;
    pageToken = page.nextPageToken;
    yield {
      imported: { read, imported, admitted, skipped, roles },
      ...(pageToken !== undefined && { pageToken }),
    };
  } while (pageToken !== undefined);
}
