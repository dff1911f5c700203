import type { Role } from '../authz/roles.ts';
import { type Clock, seconds } from '../lib/clock.ts';
import { isUid } from '../lib/uid.ts';
import type { Account } from '../users/account.ts';
import type { AccountStore } from '../users/account-store.ts';
import type { Directory } from './directory.ts';
import { adoptedEntry } from './directory-entry.ts';
import { enter, hasProfileOf } from './enter.ts';

export interface Adopted {
  /** Accounts looked at. */
  readonly seen: number;
  /** Entered in the directory, or in a dry run: to be entered. */
  readonly adopted: number;
  /** Passed over: others gave them ids that no document can have. */
  readonly odd: number;
  /** How many of the adopted hold each role. */
  readonly roles: Readonly<Partial<Record<Role, number>>>;
}

interface Options {
  readonly accounts: Pick<AccountStore, 'list' | 'find'>;
  readonly directory: Directory;
  readonly clock: Clock;
  readonly dryRun: boolean;
  /** Where an earlier run stopped, and what it had done by then. */
  readonly from?: { readonly pageToken: string; readonly adopted: Adopted };
}

/** As many as Firebase Auth gives at once. */
const PAGE_SIZE = 1000;
const IN_PARALLEL = 25;

/**
 * Enters in the directory whom Firebase Auth knows and the directory does not, page by page. Whoever has an entry keeps
 * it, but for the profile, so it can be run again at any time, and while others work.
 *
 * @yields after each page: what is done so far, and from where to go on
 */
export async function* adoptUsers(
  options: Options,
): AsyncGenerator<{ readonly adopted: Adopted; readonly pageToken?: string }> {
  const { accounts, directory, clock, dryRun, from } = options;
  let { seen, adopted, odd, roles } = from?.adopted ?? { seen: 0, adopted: 0, odd: 0, roles: {} };
  let pageToken = from?.pageToken;

  async function adopt(account: Account): Promise<void> {
    if (!isUid(account.uid)) {
      odd++;
      return;
    }
    const found = await directory.find(account.uid);
    if (found !== undefined) {
      if (!dryRun && !hasProfileOf(account, found)) await enter(directory, account, seconds(clock));
      return;
    }
    // The page may be minutes old, and the user deleted since.
    if (!dryRun && (await accounts.find(account.uid)) === undefined) return;
    const now = seconds(clock);
    const { grants } = dryRun ? adoptedEntry(account, now) : await enter(directory, account, now);
    adopted++;
    for (const { role } of grants) roles = { ...roles, [role]: (roles[role] ?? 0) + 1 };
  }

  do {
    const page = await accounts.list(PAGE_SIZE, pageToken);
    for (let start = 0; start < page.accounts.length; start += IN_PARALLEL) {
      await Promise.all(page.accounts.slice(start, start + IN_PARALLEL).map(adopt));
    }
    seen += page.accounts.length;
    pageToken = page.nextPageToken;
    yield { adopted: { seen, adopted, odd, roles }, ...(pageToken !== undefined && { pageToken }) };
  } while (pageToken !== undefined);
}
