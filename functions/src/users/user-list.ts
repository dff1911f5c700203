import { activeRoles } from '../authz/role-claims.ts';
import { seconds } from '../core/clock.ts';
import { toAppError } from '../core/errors.ts';
import { decodePageToken, encodePageToken } from '../core/pagination.ts';
import {
  type Contact,
  type CurrentEntry,
  type DirectoryEntry,
  type DirectoryService,
  findByContact,
  type UserQuery,
  withCurrentProfiles,
} from '../directory/index.ts';
import type { Platform } from '../platform/platform.ts';

interface Deps extends Pick<Platform, 'accounts' | 'clock' | 'log'> {
  readonly directory: DirectoryService;
}

interface CurrentPage {
  readonly users: readonly CurrentEntry[];
  readonly nextPageToken?: string;
}

/** Lists users with the profiles that Firebase Auth has now. */
export function createUserList(deps: Deps) {
  const { directory, clock, log } = deps;

  /** The current profiles; those of the directory while Firebase Auth does not answer. */
  async function refresh(entries: readonly DirectoryEntry[]): Promise<readonly CurrentEntry[]> {
    try {
      return await withCurrentProfiles(deps, entries);
    } catch (error) {
      log.failure('profiles', toAppError(error));
      return entries;
    }
  }

  /** Users with a whole e-mail address or phone number. They are few, so the other filters and the pages need no query. */
  async function listByContact(contact: Contact, query: UserQuery): Promise<CurrentPage> {
    const { pageSize, pageToken } = query;
    const [after = ''] = decodePageToken(pageToken, ['string']) ?? [];
    const now = seconds(clock);
    const found = (await findByContact(deps, contact)).filter(
      (entry) => matches(entry, query, now) && entry.uid > after,
    );
    const users = found.slice(0, pageSize);
    const last = users.at(-1);
    return found.length > pageSize && last
      ? { users, nextPageToken: encodePageToken([last.uid]) }
      : { users };
  }

  async function listByQuery(query: UserQuery): Promise<CurrentPage> {
    const { users, ...page } = await directory.list(query);
    const now = seconds(clock);
    return { ...page, users: (await refresh(users)).filter((entry) => matches(entry, query, now)) };
  }

  return {
    refresh,
    async list(query: UserQuery): Promise<CurrentPage> {
      const contact = contactOf(query);
      return contact ? listByContact(contact, query) : listByQuery(query);
    },
  };
}

function contactOf({ email, phone }: UserQuery): Contact | undefined {
  if (email !== undefined) return { email };
  return phone === undefined ? undefined : { phone };
}

/** The filters, on an entry with its current profile. */
function matches(
  { email, emails, phoneNumber, disabled, grants }: DirectoryEntry,
  query: UserQuery,
  now: number,
): boolean {
  return (
    (query.email === undefined || emails.includes(query.email.toLowerCase())) &&
    (query.phone === undefined || phoneNumber === query.phone) &&
    (query.emailPrefix === undefined || email?.startsWith(query.emailPrefix.toLowerCase()) === true) &&
    (query.disabled === undefined || disabled === query.disabled) &&
    (query.role === undefined || activeRoles(grants, now).includes(query.role))
  );
}
