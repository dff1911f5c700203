import { isDeepStrictEqual } from 'node:util';
import { type Condition, toDisjunctions, toFilterNode } from './condition.ts';
import type { Field } from './field.ts';
import { type Entry, indexesFor, type Scope, withName } from './index-entries.ts';
import type { IndexesFile } from './indexes-file.ts';
import { explicitSorts, type Sort, totalSorts } from './order.ts';
import type { StructuredQuery } from './structured-query.ts';

/**
 * Whether production would answer a valid query with the automatic indexes and those of firestore.indexes.json:
 * undefined, or else what to add to that file, as JSON on one line.
 *
 * An index serves an AND of conditions if it is some of the fields compared for equality, then exactly the
 * sort order. Several that end in the same sort order are merged, if together they have all those fields
 * (https://firebase.google.com/docs/firestore/query-data/index-overview#taking_advantage_of_index_merging).
 *
 * @param aggregated fields of sum() and average(), which are read from the index and so must be in it
 */
export function missingIndex(
  query: StructuredQuery,
  indexes: IndexesFile,
  aggregated: readonly Field[] = [],
): string | undefined {
  const { collectionId = '', allDescendants = false } = query.from?.[0] ?? {};
  const scope: Scope = allDescendants ? 'COLLECTION_GROUP' : 'COLLECTION';
  const filter = toFilterNode(query.where);
  const sorts = withAggregated(totalSorts(explicitSorts(query.orderBy ?? []), filter), aggregated);
  for (const conditions of toDisjunctions(filter)) {
    const wanted = requirement(conditions, sorts);
    const fields = [...conditions, ...sorts].map(({ field }) => field).filter((field) => !field.isName);
    const available = indexesFor(collectionId, scope, fields, indexes);
    if (!isCovered(wanted, available)) return describe(collectionId, scope, wanted);
  }
  return undefined;
}

/** What an AND of conditions asks of indexes: columns in any order, then columns in exactly this order. */
interface Requirement {
  readonly equal: readonly Entry[];
  readonly sorted: readonly Entry[];
}

function requirement(conditions: readonly Condition[], sorts: readonly Sort[]): Requirement {
  const equal = new Map<string, Entry>();
  for (const { field, operator } of conditions) {
    if (operator === 'ARRAY_CONTAINS') equal.set(`${field.key} []`, { key: field.key, mode: 'CONTAINS' });
    if (operator === 'EQUAL' && !field.isName) equal.set(field.key, { key: field.key, mode: 'ASCENDING' });
  }
  const sorted = sorts
    .filter(({ field }) => !equal.has(field.key))
    .map(({ field, direction }) => ({ key: field.key, mode: direction }));
  return { equal: [...equal.values()], sorted };
}

/** Aggregated fields come after what sorts, but before `__name__`, which ends every index. */
function withAggregated(sorts: readonly Sort[], aggregated: readonly Field[]): Sort[] {
  const end = sorts.findIndex(({ field }) => field.isName);
  const direction = sorts[end]?.direction ?? 'ASCENDING';
  const added = aggregated.filter(
    ({ key, isName }) => !isName && !sorts.some(({ field }) => field.key === key),
  );
  return [...sorts.slice(0, end), ...added.map((field) => ({ field, direction })), ...sorts.slice(end)];
}

/** All servable indexes are merged: one that adds no column does no harm. */
function isCovered({ equal, sorted }: Requirement, available: readonly Entry[][]): boolean {
  const served = available
    .map((index) => servedColumns(index, equal, sorted))
    .filter((one) => one !== undefined);
  const columns = new Set(served.flat());
  return served.length > 0 && equal.every((column) => columns.has(column));
}

/** The equality columns an index brings, or undefined if it can't take part. */
function servedColumns(
  index: readonly Entry[],
  equal: readonly Entry[],
  sorted: readonly Entry[],
): Entry[] | undefined {
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

/** The entry to add; one field needs a single-field index, which the file has under fieldOverrides. */
function describe(collectionGroup: string, queryScope: Scope, { equal, sorted }: Requirement): string {
  const entries = [...equal, ...sorted];
  const implied = withName(entries.slice(0, -1));
  const isNameImplied = entries.length > 1 && isDeepStrictEqual(implied, entries);
  const [only] = entries;
  const name = sorted.at(-1);
  // A column compared for equality may run either way, so let it run as `__name__` has to.
  const isFree = only?.mode !== 'CONTAINS' && equal.length === 1;
  if (only && name && entries.length === 2 && (isNameImplied || isFree)) {
    const { fieldPath, ...config } = columnOf(isFree ? { ...only, mode: name.mode } : only);
    const override = { collectionGroup, fieldPath, indexes: [{ ...config, queryScope }] };
    return JSON.stringify({ fieldOverrides: [override] });
  }
  const fields = entries.slice(0, isNameImplied ? -1 : undefined).map(columnOf);
  return JSON.stringify({ indexes: [{ collectionGroup, queryScope, fields }] });
}

const columnOf = ({ key, mode }: Entry) =>
  mode === 'CONTAINS' ? { fieldPath: key, arrayConfig: mode } : { fieldPath: key, order: mode };
