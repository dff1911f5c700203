import fc from 'fast-check';
import { double, int, list, map, NAN, NULL, text } from '../test/query-helpers.ts';
import type { Value } from '../value.ts';

const time = (seconds: number, nanos: number): Value => ({
  timestampValue: { seconds: String(seconds), nanos },
});
const vector = (...numbers: number[]) =>
  map({ __type__: text('__vector__'), value: list(...numbers.map(double)) });

/** Few values, so that many are equal or neighbours. Sums of doubles are exact in any order. */
const SCALARS: Value[] = [
  ...[NULL, NAN, { booleanValue: false }, { booleanValue: true }],
  ...[double(Number.NEGATIVE_INFINITY), int(-1), double(-0), int(0), double(0.5), int(1), double(1), int(2)],
  ...[int('9007199254740993'), double(2 ** 53), int('9223372036854775807'), int('-9223372036854775808')],
  ...[time(-1, 0), time(1, 0), time(1, 1000), time(1, 1999), time(1, 500_000_000)],
  ...[text(''), text('a'), text('a\0'), text('b'), text('\uffff'), text('😀')],
  ...[[], [0], [1], [1, 0], [255]].map((octets) => ({ bytesValue: Buffer.from(octets) })),
  ...[{ geoPointValue: { latitude: 0, longitude: 1 } }, { geoPointValue: { latitude: -90, longitude: 180 } }],
];

/** Values that are refused when they are stored, and mostly when they are compared. */
const INVALID: Value[] = [
  {},
  time(1, -1),
  time(253_402_300_800, 0),
  { geoPointValue: { latitude: 91 } },
  { referenceValue: 'x' },
  map({ __x__: int(1) }),
  map({ '': int(1) }),
  list(list(int(1))),
  list(vector(1)),
  vector(),
  map({ __type__: text('__vector__') }),
  list({}),
];

export const IDS = ['a', 'b', '__id7__', '__id10__', 'ä'];

/** A value, with references into the database with this root. */
export function anyValue(root: string): fc.Arbitrary<Value> {
  const references = [...IDS.map((id) => `k/${id}`), 'k/a/k/b', 'z/a'].map((path) => ({
    referenceValue: `${root}/${path}`,
  }));
  const scalar = fc.constantFrom(...SCALARS, ...references);
  const small = fc.array(scalar, { maxLength: 2 });
  const nested = fc.oneof(
    small.map((values) => list(...values)),
    fc.tuple(fc.constantFrom('x', 'y'), scalar).map(([key, value]) => map({ [key]: value })),
    fc.record({ x: scalar, y: scalar }).map(map),
    fc.constantFrom(vector(1), vector(0.5, 2), vector(3), map({}), list(map({ x: list(int(1)) }))),
  );
  return fc.oneof({ weight: 4, arbitrary: scalar }, { weight: 2, arbitrary: nested });
}

/** Now and then an invalid value. */
export const mostlyValid = (root: string) =>
  fc.oneof({ weight: 40, arbitrary: anyValue(root) }, { weight: 1, arbitrary: fc.constantFrom(...INVALID) });

export const FIELDS = ['a', 'b', 'm.x', '`q-r`'];
const BAD_PATHS = ['', 'a..b', '1a', '__x__', 'a.__x__', '__name__.a', '*', '`'];

export const anyField = fc.oneof(
  { weight: 40, arbitrary: fc.constantFrom(...FIELDS) },
  { weight: 1, arbitrary: fc.constantFrom(...BAD_PATHS) },
);

/** A document with some of the fields. */
export const anyFields = (value: fc.Arbitrary<Value>): fc.Arbitrary<Record<string, Value>> =>
  fc
    .record({ a: value, b: value, m: value.map((x) => map({ x })), 'q-r': value }, { requiredKeys: [] })
    .map((fields) => fields as Record<string, Value>);
