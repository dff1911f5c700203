import type { Role } from '../authz/roles.ts';
import type { Account } from './account.ts';
import type { AccountStore } from './account-store.ts';
import { decodePageToken, encodePageToken, type Position } from './page-token.ts';

export interface UserQuery {
  readonly role?: Role | undefined;
  readonly email?: string | undefined;
  /** 1 to 100 */
  readonly pageSize: number;
  readonly pageToken?: string | undefined;
}

export interface UserPage {
  readonly users: readonly Account[];
  readonly nextPageToken?: string;
}

/** Firebase Auth gives at most 1000 accounts a call; so one request looks at 5000 at the most. */
const SCAN_PAGE_SIZE = 1000;
const MAX_SCANNED_PAGES = 5;

/**
 * One page of users. Firebase Auth cannot search by role, so that filter scans, a bounded stretch a request: a page may
 * hold fewer users than asked for, even none, and still have a `nextPageToken`.
 */
export async function listUsers(store: AccountStore, query: UserQuery): Promise<UserPage> {
  const { role, email, pageSize, pageToken } = query;
  const start = decodePageToken(pageToken);
  if (email !== undefined) {
    const account = await store.findByEmail(email);
    const users =
      account !== undefined && (role === undefined || account.roles.includes(role)) ? [account] : [];
    return { users };
  }
  return role === undefined ? plainPage(store, pageSize, start) : scan(store, { role, pageSize, start });
}

async function plainPage(store: AccountStore, size: number, { page }: Position): Promise<UserPage> {
  const { accounts, nextPageToken } = await store.list(size, page);
  return {
    users: accounts,
    ...(nextPageToken && { nextPageToken: encodePageToken({ page: nextPageToken }) }),
  };
}

async function scan(
  store: AccountStore,
  { role, pageSize, start }: { role: Role; pageSize: number; start: Position },
): Promise<UserPage> {
  const users: Account[] = [];
  let { page, after } = start;
  for (let scanned = 0; scanned < MAX_SCANNED_PAGES; scanned++) {
    const { accounts, nextPageToken } = await store.list(SCAN_PAGE_SIZE, page);
    // If that user is gone since, -1 makes this page start over: somebody twice rather than somebody missing.
    const rest = accounts.slice(accounts.findIndex(({ uid }) => uid === after) + 1);
    for (const account of rest) {
      if (!account.roles.includes(role)) continue;
      users.push(account);
      if (users.length === pageSize)
        return { users, nextPageToken: encodePageToken({ page, after: account.uid }) };
    }
    if (nextPageToken === undefined) return { users };
    page = nextPageToken;
    after = undefined;
  }
  return { users, nextPageToken: encodePageToken({ page }) };
}
