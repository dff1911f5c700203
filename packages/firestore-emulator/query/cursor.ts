import type { StoredDocument } from '../document.ts';
import { compareValues } from '../value.ts';
import { fieldValue } from './field.ts';
import type { Sort } from './order.ts';
import type { Cursor } from './structured-query.ts';

/** Compares a document with a cursor. The cursor can have fewer values than there are sort fields. */
function compareToCursor(document: StoredDocument, values: Cursor['values'], sorts: readonly Sort[]): number {
  for (const [i, value] of (values ?? []).entries()) {
    const sort = sorts[i];
    if (!sort) break;
    const order = compareValues(fieldValue(document, sort.field) ?? {}, value);
    if (order !== 0) return sort.direction === 'ASCENDING' ? order : -order;
  }
  return 0;
}

/** Whether a document lies between the cursors. `before` puts a cursor before the documents equal to it, else after them. */
export function isWithinCursors(
  document: StoredDocument,
  start: Cursor | null | undefined,
  end: Cursor | null | undefined,
  sorts: readonly Sort[],
): boolean {
  if (start) {
    const order = compareToCursor(document, start.values, sorts);
    if (start.before ? order < 0 : order <= 0) return false;
  }
  if (end) {
    const order = compareToCursor(document, end.values, sorts);
    if (end.before ? order >= 0 : order > 0) return false;
  }
  return true;
}
