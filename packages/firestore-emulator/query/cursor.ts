import type { StoredDocument } from '../document.ts';
import { compareValues } from '../value.ts';
import { fieldValue } from './field.ts';
import type { Sort } from './order.ts';
import type { Cursor } from './structured-query.ts';

/** Where a document lies from a cursor's values, which may be fewer than the sorts: only those are compared. */
function position(document: StoredDocument, values: Cursor['values'], sorts: readonly Sort[]): number {
  for (const [i, value] of (values ?? []).entries()) {
    const sort = sorts[i];
    if (!sort) break;
    const order = compareValues(fieldValue(document, sort.field) ?? {}, value);
    if (order !== 0) return sort.direction === 'ASCENDING' ? order : -order;
  }
  return 0;
}

/** Whether a document comes at or after the start and at or before the end; `before` moves either one ahead of its equals. */
export function isBetween(
  document: StoredDocument,
  start: Cursor | null | undefined,
  end: Cursor | null | undefined,
  sorts: readonly Sort[],
): boolean {
  if (start) {
    const order = position(document, start.values, sorts);
    if (start.before ? order < 0 : order <= 0) return false;
  }
  if (end) {
    const order = position(document, end.values, sorts);
    if (end.before ? order >= 0 : order > 0) return false;
  }
  return true;
}
