import type { Fields } from './messages.ts';
import { acceptScalar } from './scalars.ts';
import { invalidArgument } from './status.ts';
import type { Value } from './value.ts';
import { checkFields } from './value-check.ts';
import { documentSize } from './value-size.ts';

/** https://firebase.google.com/docs/firestore/quotas */
const MAX_DOCUMENT_BYTES = 1_048_576;
export const MAX_TRANSFORMS_PER_DOCUMENT = 500;
export const MAX_REQUEST_BYTES = 10 * 1024 * 1024;

/**
 * The fields as they are stored, without the decoder's `valueType`.
 * @throws FirestoreError for a name or value that Firestore refuses
 */
export function acceptFields(fields: Fields): Fields {
  checkFields(fields);
  return plainFields(fields);
}

/** The elements for an array, which may hold anything but arrays. */
export function acceptElements(values: Value[]): Value[] {
  checkFields({ elements: { arrayValue: { values } } });
  return values.map((value) => plainValue(value, 'elements'));
}

function plainFields(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, plainValue(value, name)]));
}

function plainValue(value: Value, property: string): Value {
  const { valueType: _, mapValue, arrayValue, ...scalar } = value;
  if (mapValue) return { mapValue: { fields: plainFields(mapValue.fields ?? {}) } };
  if (arrayValue) {
    return {
      arrayValue: { values: (arrayValue.values ?? []).map((element) => plainValue(element, property)) },
    };
  }
  return acceptScalar(scalar, property);
}

/** @throws FirestoreError if the document is larger than one mebibyte, names included */
export function checkSize(name: string, fields: Fields): void {
  const size = documentSize(name, fields);
  if (size <= MAX_DOCUMENT_BYTES) return;
  const [actual, allowed] = [size, MAX_DOCUMENT_BYTES].map((bytes) => bytes.toLocaleString('en-US'));
  throw invalidArgument(
    `Document '${name}' cannot be written because its size (${actual} bytes) exceeds the maximum allowed size of ${allowed} bytes.`,
  );
}
