import type { Database } from '../database.ts';
import type { Consistency, DocumentMessage, Mask } from '../messages.ts';
import { compareNames } from '../path.ts';
import { openReading } from '../reading.ts';
import { invalidArgument, unimplemented } from '../status.ts';
import type { Store } from '../store.ts';
import type { Micros } from '../time.ts';
import { compareUtf8 } from '../utf8.ts';
import { masked } from './documents.ts';

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

/** A collection page by page, by name; with `showMissing` also documents that only have something below them. */
export function listDocuments(store: Store, request: ListDocumentsRequest): object {
  const { parent = '', collectionId, pageSize, pageToken, orderBy, mask, showMissing } = request;
  if (!collectionId) throw unimplemented('ListDocuments needs a collection id here.');
  if (orderBy && !/^__name__( asc)?$/.test(orderBy))
    throw unimplemented('ListDocuments orders by name only.');
  const opened = store.open(parent);
  const reading = openReading(opened, request);
  const { database } = opened;
  const path = `${parent}/${collectionId}`;
  reading.transaction?.collections.add(path);
  const byName = new Map<string, DocumentMessage>();
  if (showMissing) for (const name of parentsBelow(database, path, reading.at)) byName.set(name, { name });
  for (const document of database.documentsIn(path, reading.at))
    byName.set(document.name, masked(document, mask));
  const names = [...byName.keys()].sort(compareNames);
  const { page, nextPageToken } = paginate(names, compareNames, pageSize, pageToken);
  return { documents: page.map((name) => byName.get(name)), nextPageToken };
}

export interface ListCollectionIdsRequest extends Consistency {
  parent?: string;
  pageSize?: number;
  pageToken?: string;
}

/** The collections right below a document or the root that have a document, or a document somewhere below. */
export function listCollectionIds(store: Store, request: ListCollectionIdsRequest): object {
  const { parent = '', pageSize, pageToken } = request;
  const opened = store.open(parent);
  const { at } = openReading(opened, request);
  const ids = new Set<string>();
  for (const path of pathsBelow(opened.database, parent, at)) {
    ids.add(path.slice(parent.length + 1).split('/')[0] ?? '');
  }
  const sorted = [...ids].sort(compareUtf8);
  const { page, nextPageToken } = paginate(sorted, compareUtf8, pageSize, pageToken);
  return { collectionIds: page, nextPageToken };
}

/** Names directly in a collection that have a collection below them. */
function* parentsBelow(database: Database, path: string, at: Micros | undefined): Iterable<string> {
  for (const deeper of pathsBelow(database, path, at)) {
    const id = deeper.slice(path.length + 1).split('/')[0];
    if (id) yield `${path}/${id}`;
  }
}

/** The collections below a name that have a document at that moment. */
function* pathsBelow(database: Database, name: string, at: Micros | undefined): Iterable<string> {
  for (const path of database.collections.paths()) {
    if (!path.startsWith(`${name}/`)) continue;
    for (const _ of database.documentsIn(path, at)) {
      yield path;
      break;
    }
  }
}

/** One page of sorted keys; the token is the last key of the page before, so that changes between don't skip any. */
function paginate(
  keys: string[],
  compare: (a: string, b: string) => number,
  pageSize = 0,
  pageToken = '',
): { page: string[]; nextPageToken?: string } {
  if (pageSize < 0) throw invalidArgument('page_size is negative.');
  const after = pageToken && Buffer.from(pageToken, 'base64url').toString();
  const rest = after ? keys.filter((key) => compare(key, after) > 0) : keys;
  const page = rest.slice(0, pageSize || DEFAULT_PAGE);
  const last = page.at(-1);
  if (last === undefined || page.length === rest.length) return { page };
  return { page, nextPageToken: Buffer.from(last).toString('base64url') };
}
