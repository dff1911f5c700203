import type { StoredDocument } from '../document.ts';
import { getField } from '../fields.ts';
import { DOCUMENT_ID, formatFieldPath, isReserved, parseFieldPath } from '../path.ts';
import { invalidArgument } from '../status.ts';
import type { Value } from '../value.ts';
import type { FieldReference } from './structured-query.ts';

/** A field in a query. `key` is its canonical path, for comparisons. */
export interface Field {
  readonly key: string;
  readonly path: readonly string[];
  readonly isName: boolean;
}

/** @throws FirestoreError INVALID_ARGUMENT for an invalid path, or one with a reserved name other than `__name__` */
export function toField(reference: FieldReference | null | undefined): Field {
  if (!reference?.fieldPath) throw invalidArgument('Invalid empty property path string.');
  const path = parseFieldPath(reference.fieldPath);
  const key = formatFieldPath(path);
  const isName = key === DOCUMENT_ID;
  const reserved = isName ? undefined : path.find(isReserved);
  if (reserved) throw invalidArgument(`Invalid reserved name in field path ${reserved}`);
  return { key, path, isName };
}

export const NAME: Field = { key: DOCUMENT_ID, path: [DOCUMENT_ID], isName: true };

/** The value of a field in a document. `__name__` is a reference to the document. */
export const fieldValue = (document: StoredDocument, field: Field): Value | undefined =>
  field.isName ? { referenceValue: document.name } : getField(document.fields, field.path);
