import type { Role } from '../authz/roles.ts';
import { type Clock, seconds } from '../core/clock.ts';
import { isUid } from '../core/uid.ts';
import type { Account } from '../platform/firebase-auth/account.ts';
import type { AccountStore } from '../platform/firebase-auth/account-store.ts';
import type { Directory } from './directory.ts';
import { importedEntry } from './entry.ts';
import { hasCurrentProfile, provisionEntry } from './provision.ts';

export interface ImportProgress {
  /** Accounts read. */
  readonly read: number;
  /** Entries created; in a dry run, entries that would be created. */
  readonly imported: number;
  /** Accounts with ids that no document can have. */
  readonly skipped: number;
  /** Imported users per role. */
  readonly roles: Readonly<Partial<Record<Role, number>>>;
}

interface Options {
  readonly accounts: Pick<AccountStore, 'list' | 'find'>;
  readonly directory: Directory;
  readonly clock: Clock;
  readonly dryRun: boolean;
  /** Where an earlier run stopped, and its progress. */
  readonly from?: { readonly pageToken: string; readonly imported: ImportProgress };
}

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
  const { accounts, directory, clock, dryRun, from } = options;
  let { read, imported, skipped, roles } = from?.imported ?? { read: 0, imported: 0, skipped: 0, roles: {} };
  let pageToken = from?.pageToken;

  async function importUser(account: Account): Promise<void> {
    if (!isUid(account.uid)) {
      skipped++;
      return;
    }
    const found = await directory.find(account.uid);
    if (found !== undefined) {
      if (!dryRun && !hasCurrentProfile(account, found))
        await provisionEntry(directory, account, seconds(clock));
      return;
    }
    // The page may be minutes old, and the user may have been deleted.
    if (!dryRun && (await accounts.find(account.uid)) === undefined) return;
    const now = seconds(clock);
    const { grants } = dryRun ? importedEntry(account, now) : await provisionEntry(directory, account, now);
    imported++;
    for (const { role } of grants) roles = { ...roles, [role]: (roles[role] ?? 0) + 1 };
  }

  do {
    const page = await accounts.list(PAGE_SIZE, pageToken);
    for (let start = 0; start < page.accounts.length; start += IN_PARALLEL) {
      await Promise.all(page.accounts.slice(start, start + IN_PARALLEL).map(importUser));
    }
    read += page.accounts.length;
    pageToken = page.nextPageToken;
    yield { imported: { read, imported, skipped, roles }, ...(pageToken !== undefined && { pageToken }) };
  } while (pageToken !== undefined);
}
