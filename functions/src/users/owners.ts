import type { AccountStore } from './account-store.ts';

/** A project of up to 10 000 users is looked through whole; beyond that "none found" refuses to unmake an owner. */
const MAX_SCANNED_PAGES = 10;

/** Is there an enabled owner besides `uid`? Without a directory this has to look through Firebase Auth. */
export async function hasOtherOwner(
  store: AccountStore,
  uid: string,
  { maxPages = MAX_SCANNED_PAGES, disabledToo = false } = {},
): Promise<boolean> {
  let page: string | undefined;
  for (let scanned = 0; scanned < maxPages; scanned++) {
    const { accounts, nextPageToken } = await store.list(1000, page);
    const found = accounts.some(
      (other) => other.uid !== uid && other.roles.includes('owner') && (disabledToo || !other.disabled),
    );
    if (found) return true;
    if (nextPageToken === undefined) return false;
    page = nextPageToken;
  }
  return false;
}
