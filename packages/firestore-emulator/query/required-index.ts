import { isDeepStrictEqual } from 'node:util';
import { type Condition, toDisjunctions, toFilterNode } from './condition.ts';
import type { Field } from './field.ts';
import { type IndexColumn, indexesFor, type Scope, withName } from './index-columns.ts';
import type { IndexesFile } from './indexes-file.ts';
import { explicitSorts, type Sort, totalSorts, withFields } from './order.ts';
import type { StructuredQuery } from './structured-query.ts';

/**
 * Finds the index that production needs for a valid query and that is neither automatic nor in firestore.indexes.json.
 *
 * An index serves an AND of conditions if its columns are some of the equality fields, then exactly the sort order.
 * Indexes that end in the same sort order are merged if together they have all equality fields
 * (https://firebase.google.com/docs/firestore/query-data/index-overview#taking_advantage_of_index_merging).
 *
 * @param aggregated fields of sum() and average(), which the index must contain
 * @returns the JSON to add to firestore.indexes.json, on one line, or `undefined` if no index is missing
 */
export function missingIndex(
  query: StructuredQuery,
  indexes: IndexesFile,
  aggregated: readonly Field[] = [],
): string | undefined {
  const { collectionId = '', allDescendants = false } = query.from?.[0] ?? {};
  const scope: Scope = allDescendants ? 'COLLECTION_GROUP' : 'COLLECTION';
  const filter = toFilterNode(query.where);
  const sorts = withFields(totalSorts(explicitSorts(query.orderBy ?? []), filter), aggregated);
  for (const conditions of toDisjunctions(filter) ?? []) {
    const required = requirement(conditions, sorts);
    const fields = [...conditions, ...sorts].map(({ field }) => field).filter((field) => !field.isName);
    const available = indexesFor(collectionId, scope, fields, indexes);
    if (!isCovered(required, available)) return describeMissingIndex(collectionId, scope, required);
  }
  return undefined;
}

/** The index columns that an AND of conditions needs: `equal` in any order, then `sorted` in exactly this order. */
interface Requirement {
  readonly equal: readonly IndexColumn[];
  readonly sorted: readonly IndexColumn[];
}

function requirement(conditions: readonly Condition[], sorts: readonly Sort[]): Requirement {
  const equal = new Map<string, IndexColumn>();
  for (const { field, operator } of conditions) {
    if (operator === 'ARRAY_CONTAINS') equal.set(`${field.key} []`, { key: field.key, mode: 'CONTAINS' });
    if (operator === 'EQUAL' && !field.isName) equal.set(field.key, { key: field.key, mode: 'ASCENDING' });
  }
  const sorted = sorts
    .filter(({ field }) => !equal.has(field.key))
    .map(({ field, direction }) => ({ key: field.key, mode: direction }));
  return { equal: [...equal.values()], sorted };
}

/** Merges all usable indexes. One that adds no column does not matter. */
function isCovered({ equal, sorted }: Requirement, available: readonly IndexColumn[][]): boolean {
  const served = available
    .map((index) => servedColumns(index, equal, sorted))
    .filter((one) => one !== undefined);
  const columns = new Set(served.flat());
  return served.length > 0 && equal.every((column) => columns.has(column));
}

/** The equality columns that an index provides, or `undefined` if it cannot be used. */
function servedColumns(
  index: readonly IndexColumn[],
  equal: readonly IndexColumn[],
  sorted: readonly IndexColumn[],
): IndexColumn[] | undefined {
  const split = index.length - sorted.length;
  const isSorted = sorted.every(
    ({ key, mode }, i) => index[split + i]?.key === key && index[split + i]?.mode === mode,
  );
  if (split < 0 || !isSorted) return undefined;
  const columns = index
    .slice(0, split)
    .map(({ key, mode }) =>
      equal.find((one) => one.key === key && (one.mode === 'CONTAINS') === (mode === 'CONTAINS')),
    );
  return columns.every((column) => column !== undefined) ? columns : undefined;
}

/** The index to add, as JSON. An index on one field is a single-field index, under fieldOverrides. */
function describeMissingIndex(
  collectionGroup: string,
  queryScope: Scope,
  { equal, sorted }: Requirement,
): string {
  const entries = [...equal, ...sorted];
  const implied = withName(entries.slice(0, -1));
  const isNameImplied = entries.length > 1 && isDeepStrictEqual(implied, entries);
  const [only] = entries;
  const name = sorted.at(-1);
  // The direction of an equality column does not matter: use that of `__name__`.
  const isFree = only?.mode !== 'CONTAINS' && equal.length === 1;
  if (only && name && entries.length === 2 && (isNameImplied || isFree)) {
    const { fieldPath, ...config } = toIndexedField(isFree ? { ...only, mode: name.mode } : only);
    const override = { collectionGroup, fieldPath, indexes: [{ ...config, queryScope }] };
    return JSON.stringify({ fieldOverrides: [override] });
  }
  const fields = entries.slice(0, isNameImplied ? -1 : undefined).map(toIndexedField);
  return JSON.stringify({ indexes: [{ collectionGroup, queryScope, fields }] });
}

const toIndexedField = ({ key, mode }: IndexColumn) =>
  mode === 'CONTAINS' ? { fieldPath: key, arrayConfig: mode } : { fieldPath: key, order: mode };
