import type { Fields } from './messages.ts';
import { toStoredScalar } from './scalars.ts';
import { invalidArgument } from './status.ts';
import type { Value } from './value.ts';
import { checkFields, checkValue, type Use } from './value-check.ts';
import { documentSize } from './value-size.ts';

/** https://firebase.google.com/docs/firestore/quotas */
const MAX_DOCUMENT_BYTES = 1_048_576;
export const MAX_TRANSFORMS_PER_DOCUMENT = 500;
export const MAX_REQUEST_BYTES = 10 * 1024 * 1024;

/**
 * Validates fields and converts them to the stored form, without the decoder's `valueType`.
 * @throws FirestoreError for an invalid name or value
 */
export function toStoredFields(fields: Fields): Fields {
  checkFields(fields);
  return convertFields(fields);
}

/** Validates array elements and converts them to the stored form. */
export function toStoredElements(values: readonly Value[], use: Use): Value[] {
  checkValue({ arrayValue: { values: [...values] } }, use);
  return values.map((value) => toStoredValue(value, 'elements'));
}

function convertFields(fields: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, toStoredValue(value, name)]),
  );
}

function toStoredValue(value: Value, property: string): Value {
  const { valueType: _, mapValue, arrayValue, ...scalar } = value;
  if (mapValue) return { mapValue: { fields: convertFields(mapValue.fields ?? {}) } };
  if (arrayValue) {
    return {
      arrayValue: { values: (arrayValue.values ?? []).map((element) => toStoredValue(element, property)) },
    };
  }
  return toStoredScalar(scalar, property);
}

/** @throws FirestoreError if the document, names included, is larger than 1 MiB */
export function checkSize(name: string, fields: Fields): void {
  const size = documentSize(name, fields);
  if (size <= MAX_DOCUMENT_BYTES) return;
  const [actual, allowed] = [size, MAX_DOCUMENT_BYTES].map((bytes) => bytes.toLocaleString('en-US'));
  throw invalidArgument(
    `Document '${name}' cannot be written because its size (${actual} bytes) exceeds the maximum allowed size of ${allowed} bytes.`,
  );
}
