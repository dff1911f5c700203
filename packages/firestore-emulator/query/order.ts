import type { StoredDocument } from '../document.ts';
import { invalidArgument } from '../status.ts';
import { compareUtf8 } from '../utf8.ts';
import { compareValues } from '../value.ts';
import { conditionsOf, type FilterNode, impliesOrder } from './condition.ts';
import { type Field, fieldValue, NAME, toField } from './field.ts';
import type { Order } from './structured-query.ts';

export type Direction = 'ASCENDING' | 'DESCENDING';

/** One sort field of a query. */
export interface Sort {
  readonly field: Field;
  readonly direction: Direction;
}

/** The `order_by` of the query. @throws FirestoreError INVALID_ARGUMENT */
export function explicitSorts(orderBy: readonly Order[]): Sort[] {
  return orderBy.map(({ field, direction = 'ASCENDING' }) => {
    if (direction === 'DIRECTION_UNSPECIFIED') direction = 'ASCENDING';
    if (direction !== 'ASCENDING' && direction !== 'DESCENDING') {
      throw invalidArgument('Unrecognized ordering.');
    }
    return { field: toField(field), direction };
  });
}

/**
 * The complete order of the results: `order_by`, then the fields of inequalities by name, then `__name__`, each in the
 * direction of the last explicit one (query.proto, order_by).
 */
export function totalSorts(explicit: readonly Sort[], filter: FilterNode): Sort[] {
  const direction = explicit.at(-1)?.direction ?? 'ASCENDING';
  const known = new Set(explicit.map(({ field }) => field.key));
  const implicit = new Map<string, Field>();
  for (const condition of conditionsOf(filter)) {
    if (impliesOrder(condition) && !known.has(condition.field.key) && !condition.field.isName) {
      implicit.set(condition.field.key, condition.field);
    }
  }
  const fields = [...implicit.values()].sort((a, b) => comparePaths(a.path, b.path));
  if (!known.has(NAME.key)) fields.push(NAME);
  return [...explicit, ...fields.map((field) => ({ field, direction }))];
}

/** Segment by segment, without quotes: `a.b` comes before `a-`. */
function comparePaths(a: readonly string[], b: readonly string[]): number {
  const differing = a.findIndex((name, i) => name !== b[i]);
  return differing < 0 ? -1 : compareUtf8(a[differing] ?? '', b[differing] ?? '');
}

/** Adds fields after the sort fields and before `__name__`, the last column of every index. */
export function withFields(sorts: readonly Sort[], fields: readonly Field[]): Sort[] {
  const end = sorts.findIndex(({ field }) => field.isName);
  const direction = sorts[end]?.direction ?? 'ASCENDING';
  const added = fields.filter(({ key, isName }) => !isName && !sorts.some(({ field }) => field.key === key));
  return [...sorts.slice(0, end), ...added.map((field) => ({ field, direction })), ...sorts.slice(end)];
}

/** A document without one of the sort fields is not a result. */
export const hasSortedFields = (document: StoredDocument, sorts: readonly Sort[]) =>
  sorts.every(({ field }) => fieldValue(document, field) !== undefined);

/** Both documents must have all sort fields. */
export function compareDocuments(a: StoredDocument, b: StoredDocument, sorts: readonly Sort[]): number {
  for (const { field, direction } of sorts) {
    const order = compareValues(fieldValue(a, field) ?? {}, fieldValue(b, field) ?? {});
    if (order !== 0) return direction === 'ASCENDING' ? order : -order;
  }
  return 0;
}
