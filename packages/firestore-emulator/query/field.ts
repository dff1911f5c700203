import type { StoredDocument } from '../document.ts';
import { getField } from '../fields.ts';
import { DOCUMENT_ID, formatFieldPath, parseFieldPath } from '../path.ts';
import { invalidArgument } from '../status.ts';
import type { Value } from '../value.ts';
import type { FieldReference } from './structured-query.ts';

/** A field a query speaks of; `key` is its one spelling, by which two can be compared. */
export interface Field {
  readonly key: string;
  readonly path: readonly string[];
  readonly isName: boolean;
}

/** Throws INVALID_ARGUMENT for a path that can't be read. */
export function toField(reference: FieldReference | null | undefined): Field {
  if (!reference?.fieldPath) throw invalidArgument('A field reference has no field path.');
  const path = parseFieldPath(reference.fieldPath);
  const key = formatFieldPath(path);
  return { key, path, isName: key === DOCUMENT_ID };
}

export const NAME: Field = { key: DOCUMENT_ID, path: [DOCUMENT_ID], isName: true };

/** What a document has for a field; its name is a reference to itself. */
export const fieldValue = (document: StoredDocument, field: Field): Value | undefined =>
  field.isName ? { referenceValue: document.name } : getField(document.fields, field.path);
