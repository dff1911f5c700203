import type { StoredDocument } from '../document.ts';
import { invalidArgument } from '../status.ts';
import { toFilterNode } from './condition.ts';
import { isBetween } from './cursor.ts';
import { toField } from './field.ts';
import { satisfies } from './filter.ts';
import { compareDocuments, explicitSorts, hasSortedFields, totalSorts } from './order.ts';
import { pickFields } from './projection.ts';
import type { CollectionSelector, StructuredQuery } from './structured-query.ts';
import { checkFilter, checkQuery } from './validate.ts';

export interface CompiledQuery {
  /** Collection, filter, presence of the ordered fields and cursors: all but offset and limit. */
  matches(document: StoredDocument): boolean;
  /** The total order of results, for documents that match. */
  compare(a: StoredDocument, b: StoredDocument): number;
  /** What `select` leaves of a document. */
  project(document: StoredDocument): StoredDocument;
  /** The query's results, in order. */
  run(documents: Iterable<StoredDocument>): StoredDocument[];
  readonly limit: number | undefined;
  readonly offset: number;
  isInCollection(name: string): boolean;
}

const PARENT = /^projects\/[^/]+\/databases\/[^/]+\/documents((?:\/[^/]+\/[^/]+)*)$/;

/**
 * Validates a query once, so that it can be asked about many documents.
 *
 * @param parent `projects/{p}/databases/{d}/documents`, or a document's name below it
 * @throws FirestoreError INVALID_ARGUMENT for what production refuses, UNIMPLEMENTED for vector search
 */
export function compileQuery(parent: string, query: StructuredQuery): CompiledQuery {
  const below = PARENT.exec(parent)?.[1];
  if (below === undefined)
    throw invalidArgument(`The parent "${parent}" is neither the root nor a document.`);
  const filter = toFilterNode(query.where);
  const explicit = explicitSorts(query.orderBy ?? []);
  checkQuery(query, filter, explicit);
  checkFilter(filter, explicit, below !== '');
  const sorts = totalSorts(explicit, filter);
  const selected = query.select?.fields?.map((reference) => toField(reference).path);
  const isInCollection = collectionTest(parent, query.from?.[0] ?? {});
  const limit = query.limit ? (query.limit.value ?? 0) : undefined;
  const offset = query.offset ?? 0;

  const matches = (document: StoredDocument) =>
    isInCollection(document.name) &&
    hasSortedFields(document, sorts) &&
    satisfies(document, filter) &&
    isBetween(document, query.startAt, query.endAt, sorts);
  const compare = (a: StoredDocument, b: StoredDocument) => compareDocuments(a, b, sorts);
  const project = (document: StoredDocument) =>
    selected?.length ? { ...document, fields: pickFields(document.fields, selected) } : document;
  const run = (documents: Iterable<StoredDocument>) =>
    page([...documents].filter(matches).sort(compare), offset, limit).map(project);
  return { matches, compare, project, run, limit, offset, isInCollection };
}

/** What offset (first) and limit leave of sorted results. */
export const page = <T>(results: readonly T[], offset: number, limit: number | undefined): T[] =>
  results.slice(offset, limit === undefined ? undefined : offset + limit);

/** Without a collection id, every document below the parent is meant. */
function collectionTest(parent: string, { collectionId, allDescendants }: CollectionSelector) {
  const prefix = allDescendants || !collectionId ? `${parent}/` : `${parent}/${collectionId}/`;
  return (name: string): boolean => {
    if (!name.startsWith(prefix)) return false;
    if (!collectionId) return true;
    return allDescendants ? name.split('/').at(-2) === collectionId : !name.includes('/', prefix.length);
  };
}
