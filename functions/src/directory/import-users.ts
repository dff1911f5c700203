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
  /** Users who got roles for claims of other code; in a dry run, who would get them. */
  readonly mapped: number;
  /** Accounts with ids that no document can have. */
  readonly skipped: number;
  /** Imported users per role. */
  readonly roles: Readonly<Partial<Record<Role, number>>>;
}

/** Gives roles to users who have none from a person. */
export interface RoleSource {
  isFor(account: Account, entry: DirectoryEntry): boolean;
  /** Creates the entry if there is none. */
  provision(account: Account): Promise<unknown>;
}

interface Options {
  readonly accounts: Pick<AccountStore, 'list' | 'find'>;
  readonly directory: Directory;
  readonly clock: Clock;
  readonly dryRun: boolean;
  /** The sign-up policy, for the default role. Without these two, roles come only from claims that Gatehouse wrote. */
  readonly defaultRole?: RoleSource | undefined;
  /** Roles for claims of other code. A user who gets them does not get the default role. */
  readonly mapping?: RoleSource | undefined;
  /** Where an earlier run stopped, and its progress. */
  readonly from?: { readonly pageToken: string; readonly imported: ImportProgress };
}

/** Before the first page. */
export const NOTHING: ImportProgress = {
  ...{ read: 0, imported: 0, admitted: 0, mapped: 0, skipped: 0 },
  roles: {},
};

/** The largest page of Firebase Auth. */
const PAGE_SIZE = 1000;
const IN_PARALLEL = 25;
/** A few dozen grants a second: docs/operations/cost-and-scaling.md. */
const GRANTS_IN_PARALLEL = 5;

/**
 * Creates the missing directory entries of Firebase users, page by page. Existing entries are kept and get the current
 * profile, so it can be run at any time and again.
 *
 * @yields after each page: the progress, and the token of the next page
 */
export async function* importUsers(
  options: Options,
): AsyncGenerator<{ readonly imported: ImportProgress; readonly pageToken?: string }> {
  const { accounts, directory, clock, dryRun, defaultRole, mapping, from } = options;
  const parallel = mapping && !dryRun ? GRANTS_IN_PARALLEL : IN_PARALLEL;
  let { read, imported, admitted, mapped, skipped, roles } = from?.imported ?? NOTHING;
  let pageToken = from?.pageToken;

  async function importUser(listed: Account): Promise<void> {
    const { uid } = listed;
    if (!isUid(uid)) {
      skipped++;
      return;
    }
    const found = await directory.find(uid);
    const entry = found ?? importedEntry(listed, seconds(clock));
    const source = [mapping, defaultRole].find((one) => one?.isFor(listed, entry));
    if (found !== undefined && source === undefined && hasCurrentProfile(listed, found)) return;
    if (!dryRun) {
      // The page may be minutes old, and the user may have been deleted.
      const account = await accounts.find(uid);
      if (account === undefined) return;
      if (source) await source.provision(account);
      else await provisionEntry(directory, account, seconds(clock));
    }
    if (source && source === mapping) mapped++;
    else if (source) admitted++;
    if (found !== undefined) return;
    imported++;
    for (const { role } of entry.grants) roles = { ...roles, [role]: (roles[role] ?? 0) + 1 };
  }

  do {
    const page = await accounts.list(PAGE_SIZE, pageToken);
    for (let start = 0; start < page.accounts.length; start += parallel) {
      await Promise.all(page.accounts.slice(start, start + parallel).map(importUser));
    }
    read += page.accounts.length;
    pageToken = page.nextPageToken;
    yield {
      imported: { read, imported, admitted, mapped, skipped, roles },
      ...(pageToken !== undefined && { pageToken }),
    };
  } while (pageToken !== undefined);
}
