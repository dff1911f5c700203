import { checkFieldName } from './path.ts';
import { invalidArgument } from './status.ts';
import { elementsOf, kindOf, type Value } from './value.ts';

/** Levels of nested maps and arrays: https://firebase.google.com/docs/firestore/quotas */
const MAX_DEPTH = 20;
const MAX_DIMENSIONS = 2048;

/** A query may compare with values that no document can hold: an array in an array, a map with an empty key. */
export type Use = 'store' | 'compare';

/** @throws FirestoreError INVALID_ARGUMENT for reserved names, arrays in arrays, and more than 20 levels */
export function checkFields(fields: Record<string, Value>, use: Use = 'store', depth = 1): void {
  for (const [name, value] of Object.entries(fields)) {
    if (name !== '' || use === 'store') checkFieldName(name);
    checkValue(value, use, depth);
  }
}

/** @param depth the level at which the value stands: 1 in a document */
export function checkValue(value: Value, use: Use, depth = 1): void {
  const kind = kindOf(value);
  if (kind === 'vector') checkVector(value);
  if (kind !== 'map' && kind !== 'array') return;
  if (depth > MAX_DEPTH) throw invalidArgument(`A property is nested deeper than ${MAX_DEPTH} levels.`);
  if (kind === 'map') checkFields(value.mapValue?.fields ?? {}, use, depth + 1);
  for (const element of value.arrayValue?.values ?? []) {
    const inner = kindOf(element);
    if (use === 'store' && (inner === 'array' || inner === 'vector')) {
      throw invalidArgument(
        `Cannot convert ${inner === 'array' ? 'an array' : 'a vector'} value in an array value.`,
      );
    }
    checkValue(element, use, depth + 1);
  }
}

function checkVector({ mapValue }: Value): void {
  const { value, ...others } = mapValue?.fields ?? {};
  if (!value) throw invalidArgument("Vector map is missing key 'value'.");
  if (Object.keys(others).length > 1) throw invalidArgument('Vector Value map has extraneous entries.');
  const elements = elementsOf(value);
  if (elements.length === 0) throw invalidArgument('Cannot have a zero length vector.');
  if (elements.some(({ doubleValue }) => doubleValue === undefined)) {
    throw invalidArgument("Vector must only contain values of type 'double'");
  }
  if (elements.length > MAX_DIMENSIONS) {
    throw invalidArgument(`Vectors must be at most ${MAX_DIMENSIONS} dimensions.`);
  }
}
