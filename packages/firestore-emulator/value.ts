import { compareNames } from './path.ts';
import { compareUtf8 } from './utf8.ts';

/** google.firestore.v1.Value as proto-loader decodes it: int64 as a decimal string, defaults omitted. */
export interface Value {
  valueType?: string;
  nullValue?: 'NULL_VALUE' | 0 | null;
  booleanValue?: boolean;
  integerValue?: string | number;
  doubleValue?: number;
  timestampValue?: { seconds?: string | number; nanos?: number };
  stringValue?: string;
  bytesValue?: Uint8Array;
  referenceValue?: string;
  geoPointValue?: { latitude?: number; longitude?: number };
  arrayValue?: { values?: Value[] };
  mapValue?: { fields?: Record<string, Value> };
}

/** The value types in sort order (https://firebase.google.com/docs/firestore/manage-data/data-types). */
const KINDS = [
  'null',
  'boolean',
  'number',
  'timestamp',
  'string',
  'bytes',
  'reference',
  'geoPoint',
  'array',
  'vector',
  'map',
] as const;
export type Kind = (typeof KINDS)[number];

/** The sort type of a value. Integers and doubles are one type. A vector is a map with a marker field. */
export function kindOf(value: Value): Kind {
  if (value.booleanValue !== undefined) return 'boolean';
  if (value.integerValue !== undefined || value.doubleValue !== undefined) return 'number';
  if (value.timestampValue) return 'timestamp';
  if (value.stringValue !== undefined) return 'string';
  if (value.bytesValue) return 'bytes';
  if (value.referenceValue !== undefined) return 'reference';
  if (value.geoPointValue) return 'geoPoint';
  if (value.arrayValue) return 'array';
  if (!value.mapValue) return 'null';
  return value.mapValue.fields?.__type__?.stringValue === '__vector__' ? 'vector' : 'map';
}

export const isNull = (value: Value) => kindOf(value) === 'null';
export const isNaNValue = (value: Value) => Number.isNaN(value.doubleValue);

/** null and NaN have a place in a sort order, but are neither equal to a value nor less nor greater. */
export const isComparable = (value: Value) => !isNull(value) && !isNaNValue(value);

/** The elements of an array or a vector. */
export const elementsOf = (value: Value): readonly Value[] =>
  value.arrayValue?.values ?? value.mapValue?.fields?.value?.arrayValue?.values ?? [];

/** Firestore's total order over values of all types. Returns -1, 0 or 1. */
export function compareValues(a: Value, b: Value): number {
  const kind = kindOf(a);
  const other = kindOf(b);
  if (kind !== other) return Math.sign(KINDS.indexOf(kind) - KINDS.indexOf(other));
  switch (kind) {
    case 'null':
      return 0;
    case 'boolean':
      return compare(Number(a.booleanValue), Number(b.booleanValue));
    case 'number':
      return compareNumbers(a, b);
    case 'timestamp':
      return (
        compare(Number(a.timestampValue?.seconds ?? 0), Number(b.timestampValue?.seconds ?? 0)) ||
        compare(a.timestampValue?.nanos ?? 0, b.timestampValue?.nanos ?? 0)
      );
    case 'string':
      return compareUtf8(a.stringValue ?? '', b.stringValue ?? '');
    case 'bytes':
      return Buffer.compare(a.bytesValue ?? new Uint8Array(), b.bytesValue ?? new Uint8Array());
    case 'reference':
      return compareNames(a.referenceValue ?? '', b.referenceValue ?? '');
    case 'geoPoint':
      return (
        compareDoubles(a.geoPointValue?.latitude ?? 0, b.geoPointValue?.latitude ?? 0) ||
        compareDoubles(a.geoPointValue?.longitude ?? 0, b.geoPointValue?.longitude ?? 0)
      );
    case 'array':
      return compareElements(elementsOf(a), elementsOf(b));
    case 'vector':
      return (
        compare(elementsOf(a).length, elementsOf(b).length) || compareElements(elementsOf(a), elementsOf(b))
      );
    case 'map':
      return compareMaps(a.mapValue?.fields ?? {}, b.mapValue?.fields ?? {});
  }
}

/** Equality in filters and array transforms: 3 equals 3.0, null equals null, NaN equals NaN. */
export const equalValues = (a: Value, b: Value) => compareValues(a, b) === 0;

const compare = (a: number | bigint, b: number | bigint) => (a < b ? -1 : a > b ? 1 : 0);

/** NaN comes before every number. */
function compareDoubles(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(b)) - Number(Number.isNaN(a));
  return compare(a, b);
}

/** Exact: JavaScript compares a bigint with a number without rounding. */
function compareNumbers(a: Value, b: Value): number {
  if (isNaNValue(a) || isNaNValue(b)) return Number(isNaNValue(b)) - Number(isNaNValue(a));
  return compare(numeric(a), numeric(b));
}

/** The number in a numeric value: a bigint for an integer. */
export const numeric = (value: Value): number | bigint =>
  value.integerValue === undefined ? (value.doubleValue ?? 0) : BigInt(value.integerValue);

function compareElements(a: readonly Value[], b: readonly Value[]): number {
  for (const [i, left] of a.entries()) {
    const right = b[i];
    if (right === undefined) return 1;
    const order = compareValues(left, right);
    if (order !== 0) return order;
  }
  return a.length < b.length ? -1 : 0;
}

/** Compares the sorted entries, key before value. If all are equal, the shorter map comes first. */
function compareMaps(a: Record<string, Value>, b: Record<string, Value>): number {
  const left = Object.entries(a).sort(([one], [two]) => compareUtf8(one, two));
  const right = Object.entries(b).sort(([one], [two]) => compareUtf8(one, two));
  for (const [i, [key, value]] of left.entries()) {
    const other = right[i];
    if (other === undefined) return 1;
    const order = compareUtf8(key, other[0]) || compareValues(value, other[1]);
    if (order !== 0) return order;
  }
  return left.length < right.length ? -1 : 0;
}
