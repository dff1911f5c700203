import type { StoredDocument } from '../document.ts';
import { checkParent, rootOf } from '../path.ts';
import { conditionsOf, toDisjunctions, toFilterNode } from './condition.ts';
import { isWithinCursors } from './cursor.ts';
import { toField } from './field.ts';
import { matchesFilter } from './filter.ts';
import { compareDocuments, explicitSorts, hasSortedFields, type Sort, totalSorts } from './order.ts';
import { pickFields } from './projection.ts';
import type { CollectionSelector, StructuredQuery } from './structured-query.ts';
import { checkQuery } from './validate.ts';

export interface CompiledQuery {
  /** Checks the collection, filter, sort fields and cursors, but not offset and limit. */
  matches(document: StoredDocument): boolean;
  /** The order of the results. Both documents must match. */
  compare(a: StoredDocument, b: StoredDocument): number;
  /** Applies `select`. */
  project(document: StoredDocument): StoredDocument;
  /** The results, in order, after offset and limit. */
  run(documents: Iterable<StoredDocument>): StoredDocument[];
  readonly sorts: readonly Sort[];
  /** Whether an order or a filter has `__name__`. */
  readonly usesName: boolean;
  /** Whether it has a `select`. */
  readonly isProjected: boolean;
  readonly limit: number | undefined;
  readonly offset: number;
  isInCollection(name: string): boolean;
}

/**
 * Validates a query and prepares it for repeated use.
 *
 * @param parent `projects/{p}/databases/{d}/documents`, or the name of a document
 * @throws FirestoreError INVALID_ARGUMENT for queries that production rejects, UNIMPLEMENTED for vector search
 */
export function compileQuery(parent: string, query: StructuredQuery): CompiledQuery {
  const isBelowDocument = checkParent(parent);
  const filter = toFilterNode(query.where);
  const explicit = explicitSorts(query.orderBy ?? []);
  const sorts = totalSorts(explicit, filter);
  const disjunctions = toDisjunctions(filter);
  const root = rootOf(parent);
  checkQuery({ query, filter, disjunctions, explicit, sorts, root, isBelowDocument });
  const selected = query.select?.fields?.map((reference) => toField(reference).path);
  const isInCollection = collectionTest(parent, query.from?.[0] ?? {});
  const limit = query.limit ? (query.limit.value ?? 0) : undefined;
  const offset = query.offset ?? 0;

  const matches = (document: StoredDocument) =>
    isInCollection(document.name) &&
    hasSortedFields(document, sorts) &&
    matchesFilter(document, filter) &&
    isWithinCursors(document, query.startAt, query.endAt, sorts);
  const compare = (a: StoredDocument, b: StoredDocument) => compareDocuments(a, b, sorts);
  const project = (document: StoredDocument) =>
    selected?.length ? { ...document, fields: pickFields(document.fields, selected) } : document;
  const run = (documents: Iterable<StoredDocument>) =>
    applyOffsetAndLimit([...documents].filter(matches).sort(compare), offset, limit).map(project);
  const isProjected = Boolean(selected?.length);
  const usesName = [...explicit, ...conditionsOf(filter)].some(({ field }) => field.isName);
  return {
    matches,
    compare,
    project,
    run,
    sorts,
    usesName,
    isProjected,
    limit,
    offset,
    isInCollection,
  };
}

/** Applies the offset, then the limit, to sorted results. */
export const applyOffsetAndLimit = <T>(
  results: readonly T[],
  offset: number,
  limit: number | undefined,
): T[] => results.slice(offset, limit === undefined ? undefined : offset + limit);

/** Without a collection id, the query selects from every collection. */
function collectionTest(parent: string, { collectionId, allDescendants = false }: CollectionSelector) {
  const prefix = allDescendants || !collectionId ? `${parent}/` : `${parent}/${collectionId}/`;
  return (name: string): boolean => {
    if (!name.startsWith(prefix)) return false;
    if (!collectionId) return allDescendants || name.slice(prefix.length).split('/').length === 2;
    return allDescendants ? name.split('/').at(-2) === collectionId : !name.includes('/', prefix.length);
  };
}
