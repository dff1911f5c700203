import { getField, setField } from './fields.ts';
import { toStoredElements } from './limits.ts';
import type { Fields, FieldTransform } from './messages.ts';
import { checkFieldName, parseFieldPath } from './path.ts';
import { invalidArgument } from './status.ts';
import { type Micros, toTimestamp } from './time.ts';
import { equalValues, type Value } from './value.ts';

const MAX_INT64 = 2n ** 63n - 1n;
const MIN_INT64 = -(2n ** 63n);

/** Applies a transform to the fields. `result` is the transform result in the response. */
export function applyTransform(
  fields: Fields,
  transform: FieldTransform,
  at: Micros,
): { fields: Fields; result: Value } {
  const path = parseFieldPath(transform.fieldPath ?? '');
  path.forEach(checkFieldName);
  const old = getField(fields, path);
  const value = computeValue(old, transform, at);
  const isArray = value.arrayValue !== undefined;
  return { fields: setField(fields, path, value), result: isArray ? { nullValue: 'NULL_VALUE' } : value };
}

function computeValue(old: Value | undefined, transform: FieldTransform, at: Micros): Value {
  if (transform.setToServerValue === 'REQUEST_TIME')
    return { timestampValue: toTimestamp(wholeMilliseconds(at)) };
  if (transform.increment) return increment(old, checkNumber(transform.increment));
  if (transform.maximum)
    return pickExtreme(old, checkNumber(transform.maximum), (given, stored) => given > stored);
  if (transform.minimum)
    return pickExtreme(old, checkNumber(transform.minimum), (given, stored) => given < stored);
  if (transform.appendMissingElements) return append(old, transform.appendMissingElements.values ?? []);
  if (transform.removeAllFromArray) return remove(old, transform.removeAllFromArray.values ?? []);
  throw invalidArgument('empty transform operation');
}

/** A server timestamp has millisecond precision (write.proto). */
const wholeMilliseconds = (at: Micros) => Math.floor(at / 1000) * 1000;

/** Integers stay integers and are clamped to int64. If either value is a double, the sum is a double. */
function increment(old: Value | undefined, by: Value): Value {
  if (!old || !isNumber(old)) return by;
  if (old.integerValue === undefined || by.integerValue === undefined) {
    return { doubleValue: toDouble(old) + toDouble(by) };
  }
  const sum = BigInt(old.integerValue) + BigInt(by.integerValue);
  return { integerValue: String(sum > MAX_INT64 ? MAX_INT64 : sum < MIN_INT64 ? MIN_INT64 : sum) };
}

/** Keeps the stored value if both are equal (0 and -0, 3 and 3.0). NaN always wins. */
function pickExtreme(
  old: Value | undefined,
  given: Value,
  replaces: (given: number | bigint, stored: number | bigint) => boolean,
): Value {
  if (!old || !isNumber(old)) return given;
  if (Number.isNaN(toDouble(old))) return old;
  if (Number.isNaN(toDouble(given))) return given;
  return replaces(toExactNumber(given), toExactNumber(old)) ? given : old;
}

function append(old: Value | undefined, elements: Value[]): Value {
  const values = [...(old?.arrayValue?.values ?? [])];
  for (const element of toStoredElements(elements, 'store')) {
    if (!values.some((value) => equalValues(value, element))) values.push(element);
  }
  return { arrayValue: { values } };
}

function remove(old: Value | undefined, elements: Value[]): Value {
  const values = old?.arrayValue?.values ?? [];
  const removed = toStoredElements(elements, 'compare');
  return {
    arrayValue: { values: values.filter((value) => !removed.some((element) => equalValues(value, element))) },
  };
}

const isNumber = (value: Value) => value.integerValue !== undefined || value.doubleValue !== undefined;
const toDouble = (value: Value) => Number(value.integerValue ?? value.doubleValue);

/** JavaScript compares a bigint with a number exactly, even beyond 2^53. */
const toExactNumber = (value: Value) =>
  value.integerValue === undefined ? toDouble(value) : BigInt(value.integerValue);

function checkNumber(value: Value): Value {
  if (value.integerValue !== undefined) return { integerValue: String(value.integerValue) };
  if (value.doubleValue !== undefined) return { doubleValue: value.doubleValue };
  throw invalidArgument('Input must be int64 or double.');
}
