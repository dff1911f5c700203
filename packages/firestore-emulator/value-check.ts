import { checkFieldName } from './path.ts';
import { invalidArgument } from './status.ts';
import { elementsOf, kindOf, type Value } from './value.ts';

/** Levels of nested maps and arrays: https://firebase.google.com/docs/firestore/quotas */
const MAX_DEPTH = 20;

/** @throws FirestoreError INVALID_ARGUMENT for reserved names, arrays in arrays, and more than 20 levels */
export function checkFields(fields: Record<string, Value>, depth = 1): void {
  for (const [name, value] of Object.entries(fields)) {
    checkFieldName(name);
    checkValue(value, depth);
  }
}

function checkValue(value: Value, depth: number): void {
  if (depth > MAX_DEPTH) throw invalidArgument(`A property is nested deeper than ${MAX_DEPTH} levels.`);
  const kind = kindOf(value);
  if (kind === 'map') checkFields(value.mapValue?.fields ?? {}, depth + 1);
  if (kind === 'array') {
    for (const element of elementsOf(value)) {
      if (kindOf(element) === 'array') {
        throw invalidArgument('Cannot convert an array value in an array value.');
      }
      checkValue(element, depth + 1);
    }
  }
}
