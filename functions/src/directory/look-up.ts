import { type Clock, seconds } from '../core/clock.ts';
import type { AccountStore } from '../platform/firebase-auth/account-store.ts';
import type { Directory } from './directory.ts';
import { type DirectoryEntry, NO_PROFILE } from './entry.ts';
import type { DirectoryList } from './list.ts';
import { hasCurrentProfile, provisionEntry } from './provision.ts';

interface Deps {
  readonly directory: Directory & { readonly list: DirectoryList };
  readonly accounts: Pick<AccountStore, 'findAll' | 'findByEmail' | 'findByPhone'>;
  readonly clock: Clock;
}

/** How a person can be reached: an e-mail address in any case, or a phone number (E.164). */
export type Contact =
  | { readonly email: string; readonly phone?: undefined }
  | { readonly phone: string; readonly email?: undefined };

/** An entry with what only the account knows. */
export interface CurrentEntry extends DirectoryEntry {
  /** Second since the epoch. */
  readonly lastSignIn?: number | undefined;
}

/**
 * The entries with the profiles that their accounts have now, which are written to the directory where they differ. The
 * profile of an external user comes from the issuer; a token exchange has given them an account. Without an account there is
 * no profile: the deletion is on its way.
 *
 * @param entries at most 100
 * @throws AppError `unavailable`
 */
export async function withCurrentProfiles(
  { directory, accounts, clock }: Deps,
  entries: readonly DirectoryEntry[],
): Promise<CurrentEntry[]> {
  const uids = entries.map(({ uid }) => uid);
  const found = new Map((await accounts.findAll(uids)).map((account) => [account.uid, account]));
  return Promise.all(
    entries.map(async (entry) => {
      const account = found.get(entry.uid);
      if (account === undefined) return entry.identity === undefined ? { ...entry, ...NO_PROFILE } : entry;
      const isCurrent = hasCurrentProfile(account, entry);
      const current = isCurrent ? entry : await provisionEntry(directory, account, seconds(clock));
      return { ...current, lastSignIn: account.lastSignInAt };
    }),
  );
}

/** Look-ups answer with this many users at most, as a page does. */
const MAX_FOUND = 100;

/**
 * The users who have an e-mail address, of any provider, or a phone number now. Firebase Auth says who has it: the directory's
 * copy may be of a former owner.
 *
 * @returns sorted by uid
 * @throws AppError `invalid_argument` for a malformed address or number; `unavailable`
 */
export async function findByContact(deps: Deps, contact: Contact): Promise<CurrentEntry[]> {
  const { directory, accounts, clock } = deps;
  const { email, phone } = contact;
  const [{ users }, account] = await Promise.all([
    directory.list({ email, phone, pageSize: MAX_FOUND }),
    email === undefined ? accounts.findByPhone(phone) : accounts.findByEmail(email),
  ]);
  const isListed = users.some(({ uid }) => uid === account?.uid);
  const added =
    account === undefined || isListed ? [] : [await provisionEntry(directory, account, seconds(clock))];
  const current = await withCurrentProfiles(deps, [...added, ...users].slice(0, MAX_FOUND));
  return current.filter((entry) => hasContact(entry, contact)).toSorted((a, b) => (a.uid < b.uid ? -1 : 1));
}

function hasContact({ emails, phoneNumber }: DirectoryEntry, { email, phone }: Contact): boolean {
  return email === undefined ? phoneNumber === phone : emails.includes(email.toLowerCase());
}
