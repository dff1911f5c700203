import type { Query, QueryDocumentSnapshot } from '@google-cloud/firestore';
import { activeRoles } from '../authz/role-claims.ts';
import type { Role } from '../authz/roles.ts';
import { type Clock, seconds } from '../core/clock.ts';
import { decodePageToken, encodePageToken, invalidPageToken } from '../core/pagination.ts';
import { isUid } from '../core/uid.ts';
import { type OpenedFirestore, type OpenFirestore, useFirestore } from '../platform/firestore/firestore.ts';
import { readPage } from '../platform/firestore/paging.ts';
import { DIRECTORY } from './directory.ts';
import type { DirectoryEntry } from './entry.ts';
import { fromDocument } from './entry-document.ts';

export interface UserQuery {
  readonly role?: Role | undefined;
  /** One of the e-mail addresses, in any case. Not together with `role`. */
  readonly email?: string | undefined;
  /** Prefix of the e-mail address, in any case. */
  readonly emailPrefix?: string | undefined;
  /** E.164 */
  readonly phone?: string | undefined;
  readonly disabled?: boolean | undefined;
  /** 1 to 100 */
  readonly pageSize: number;
  readonly pageToken?: string | undefined;
}

export interface UserPage {
  readonly users: readonly DirectoryEntry[];
  readonly nextPageToken?: string;
}

/**
 * One page of the directory, sorted by e-mail address when filtered by its prefix, else by user id. Users with an expired grant of
 * the role are left out, so a page may hold fewer users than asked for and still have a `nextPageToken`.
 */
export type DirectoryList = (query: UserQuery) => Promise<UserPage>;

export function createDirectoryList({ open, clock }: { open: OpenFirestore; clock: Clock }): DirectoryList {
  return (query) =>
    useFirestore('directory.list', open, async (firestore) => {
      const { role, emailPrefix, pageSize } = query;
      const { docs, last } = await readPage(toQuery(firestore, query), pageSize);
      const now = seconds(clock);
      const users = docs
        .flatMap((document) => readable(document))
        .filter((entry) => role === undefined || activeRoles(entry.grants, now).includes(role));
      if (last === undefined) return { users };
      const at = emailPrefix === undefined ? [last.id] : [String(last.get('email')), last.id];
      return { users, nextPageToken: encodePageToken(at) };
    });
}

/** Skips a damaged entry, so that it does not hide the others; reading that entry alone reports the damage. */
function readable(document: QueryDocumentSnapshot): DirectoryEntry[] {
  try {
    return [fromDocument(document.id, document.data())];
  } catch {
    return [];
  }
}

function toQuery(
  { db, FieldPath }: OpenedFirestore,
  { role, email, emailPrefix, phone, disabled, pageToken }: UserQuery,
): Query {
  let query: Query = db.collection(DIRECTORY);
  if (email !== undefined) query = query.where('emails', 'array-contains', email.toLowerCase());
  if (phone !== undefined) query = query.where('phoneNumber', '==', phone);
  if (role !== undefined) query = query.where('roles', 'array-contains', role);
  if (disabled !== undefined) query = query.where('disabled', '==', disabled);
  if (emailPrefix !== undefined) {
    const prefix = emailPrefix.toLowerCase();
    query = query.where('email', '>=', prefix).where('email', '<', `${prefix}\u{10ffff}`).orderBy('email');
  }
  query = query.orderBy(FieldPath.documentId());
  const after = decodePageToken(pageToken, emailPrefix === undefined ? ['string'] : ['string', 'string']);
  if (after === undefined) return query;
  if (!isUid(after.at(-1))) throw invalidPageToken();
  try {
    return query.startAfter(...after);
  } catch (error) {
    throw invalidPageToken(error);
  }
}
