import type { Database } from '../database.ts';
import type { Consistency, DocumentMessage, Mask } from '../messages.ts';
import { checkCollectionId, checkParent, compareNames } from '../path.ts';
import { openReadContext } from '../read-context.ts';
import { invalidArgument, unimplemented } from '../status.ts';
import type { Store } from '../store.ts';
import type { Micros } from '../time.ts';
import { compareUtf8 } from '../utf8.ts';
import { applyMask, pathsOf } from './documents.ts';

const DEFAULT_PAGE = 300;

export interface ListDocumentsRequest extends Consistency {
  parent?: string;
  collectionId?: string;
  pageSize?: number;
  pageToken?: string;
  orderBy?: string;
  mask?: Mask;
  showMissing?: boolean;
}

/** One page of a collection, ordered by name. `showMissing` includes missing documents that have subcollections. */
export function listDocuments(store: Store, request: ListDocumentsRequest): object {
  const { parent = '', collectionId, pageSize, pageToken, orderBy, mask, showMissing } = request;
  if (!collectionId) throw unimplemented('ListDocuments is not implemented without a collection id.');
  if (orderBy && !/^__name__( asc)?$/.test(orderBy))
    throw unimplemented('ListDocuments is only implemented in the order of names.');
  checkParent(parent);
  checkCollectionId(collectionId);
  const paths = pathsOf(mask);
  const opened = store.open(parent);
  const context = openReadContext(opened, request);
  const { database } = opened;
  const path = `${parent}/${collectionId}`;
  context.transaction?.collections.add(path);
  const byName = new Map<string, DocumentMessage>();
  if (showMissing)
    for (const name of documentsWithSubcollections(database, path, context.at)) byName.set(name, { name });
  for (const document of database.documentsIn(path, context.at))
    byName.set(document.name, applyMask(document, paths));
  const names = [...byName.keys()].sort(compareNames);
  const { page, nextPageToken } = paginate(names, compareNames, path, pageSize, pageToken);
  return { documents: page.map((name) => byName.get(name)), nextPageToken };
}

export interface ListCollectionIdsRequest extends Consistency {
  parent?: string;
  pageSize?: number;
  pageToken?: string;
}

/** The ids of the collections of a document or the root that contain a document at any depth. */
export function listCollectionIds(store: Store, request: ListCollectionIdsRequest): object {
  const { parent = '', pageSize, pageToken } = request;
  checkParent(parent);
  const opened = store.open(parent);
  const { at } = openReadContext(opened, request);
  const ids = new Set<string>();
  for (const path of nonEmptyCollectionsBelow(opened.database, parent, at)) {
    ids.add(path.slice(parent.length + 1).split('/')[0] ?? '');
  }
  const sorted = [...ids].sort(compareUtf8);
  const { page, nextPageToken } = paginate(sorted, compareUtf8, parent, pageSize, pageToken);
  return { collectionIds: page, nextPageToken };
}

/** The documents of a collection, missing ones included, that have a non-empty subcollection. */
function* documentsWithSubcollections(
  database: Database,
  path: string,
  at: Micros | undefined,
): Iterable<string> {
  for (const collectionPath of nonEmptyCollectionsBelow(database, path, at)) {
    const id = collectionPath.slice(path.length + 1).split('/')[0];
    if (id) yield `${path}/${id}`;
  }
}

/** The collections below a resource name that contain a document at that time. */
function* nonEmptyCollectionsBelow(
  database: Database,
  name: string,
  at: Micros | undefined,
): Iterable<string> {
  for (const path of database.collections.paths()) {
    if (!path.startsWith(`${name}/`)) continue;
    for (const _ of database.documentsIn(path, at)) {
      yield path;
      break;
    }
  }
}

/**
 * One page of sorted keys. The token contains the last key of the previous page, so that changes between pages skip no
 * key, and the name of the list, because a token of another list is invalid.
 */
function paginate(
  keys: string[],
  compare: (a: string, b: string) => number,
  list: string,
  pageSize = 0,
  pageToken = '',
): { page: string[]; nextPageToken?: string } {
  if (pageSize < 0) throw invalidArgument('page_size is negative.');
  const token = Buffer.from(pageToken, 'base64url').toString();
  if (token && !token.startsWith(`${list}\n`)) throw invalidArgument('invalid page token');
  const after = token.slice(list.length + 1);
  const rest = after ? keys.filter((key) => compare(key, after) > 0) : keys;
  const page = rest.slice(0, pageSize || DEFAULT_PAGE);
  const last = page.at(-1);
  if (last === undefined || page.length === rest.length) return { page };
  return { page, nextPageToken: Buffer.from(`${list}\n${last}`).toString('base64url') };
}
