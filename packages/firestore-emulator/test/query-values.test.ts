import assert from 'node:assert/strict';
import type { StoredDocument } from '../document.ts';
import { compileQuery } from '../query/run.ts';
import type { Filter } from '../query/structured-query.ts';
import type { Value } from '../value.ts';
import { double, int, list, map, NAN, NULL, pathsOf, ROOT, text } from './query-helpers.ts';

/** Seconds and nanoseconds. */
const time = (seconds: number, nanos: number): Value => ({
  timestampValue: { seconds: String(seconds), nanos },
});
const yes: Value = { booleanValue: true };

/** Documents `v/{id}` with a value in `a`, in the order of their ids. */
const VALUES: Record<string, Value> = {
  '00-null': NULL,
  '01-true': yes,
  '02-nan': NAN,
  '03-minus-infinity': double(Number.NEGATIVE_INFINITY),
  '04-minus-zero': double(-0),
  '05-zero': int(0),
  '06-one': double(1),
  '07-time': time(1, 1000),
  '08-text': text('x'),
  '09-list': list(NAN),
  '10-map': map({ n: NULL }),
};
const DOCUMENTS: StoredDocument[] = Object.entries(VALUES).map(([id, a]) => {
  const at = { seconds: '1', nanos: 0 };
  return { name: `${ROOT}/v/${id}`, fields: { a }, createTime: at, updateTime: at };
});

/** The numbers of the found documents. */
function found(where: Filter): string {
  const query = compileQuery(ROOT, { from: [{ collectionId: 'v' }], where });
  return pathsOf(query.run(DOCUMENTS))
    .map((path) => path.slice(2, 4))
    .join(' ');
}
const field = { fieldPath: 'a' };
const compare = (op: string, value: Value) => found({ fieldFilter: { field, op, value } });

describe('embedded Firestore: filters, as in Google’s emulator', () => {
  const table: [op: string, what: string, operand: Value, ids: string][] = [
    ['LESS_THAN', 'a number, not NaN', int(1), '03 04 05'],
    ['LESS_THAN_OR_EQUAL', 'a number, not NaN', int(0), '03 04 05'],
    ['LESS_THAN', 'the least number', double(Number.NEGATIVE_INFINITY), ''],
    ['GREATER_THAN', 'a number', double(-0), '06'],
    ['GREATER_THAN_OR_EQUAL', 'zero', double(-0), '04 05 06'],
    ['LESS_THAN_OR_EQUAL', 'NaN, nothing', NAN, ''],
    ['GREATER_THAN', 'NaN, nothing', NAN, ''],
    ['GREATER_THAN_OR_EQUAL', 'NaN, nothing', NAN, ''],
    ['LESS_THAN_OR_EQUAL', 'null, nothing', NULL, ''],
    ['GREATER_THAN_OR_EQUAL', 'null, nothing', NULL, ''],
    ['GREATER_THAN_OR_EQUAL', 'a list with NaN', list(NAN), '09'],
    ['LESS_THAN_OR_EQUAL', 'a map with null', map({ n: NULL }), '10'],
    ['EQUAL', 'zero', int(0), '04 05'],
    ['EQUAL', 'an integer', int(1), '06'],
    ['EQUAL', 'NaN, nothing', NAN, ''],
    ['EQUAL', 'null, nothing', NULL, ''],
    ['EQUAL', 'a list with NaN', list(NAN), '09'],
    ['EQUAL', 'a time beyond microseconds, nothing', time(1, 1999), ''],
    ['IN', 'a time beyond microseconds', list(time(1, 1999)), '07'],
    ['IN', 'null and NaN, nothing', list(NULL, NAN), ''],
    ['NOT_EQUAL', 'null, nothing', NULL, ''],
    ['NOT_EQUAL', 'NaN, everything but null', NAN, '01 02 03 04 05 06 07 08 09 10'],
    ['NOT_EQUAL', 'one', int(1), '01 02 03 04 05 07 08 09 10'],
    ['NOT_IN', 'NaN, everything but null', list(NAN), '01 02 03 04 05 06 07 08 09 10'],
    ['NOT_IN', 'null, nothing', list(NULL, int(1)), ''],
    ['NOT_IN', 'a time beyond microseconds', list(time(1, 1999)), '01 02 03 04 05 06 08 09 10'],
    ['GREATER_THAN', 'a time before that', time(1, 999), '07'],
  ];
  for (const [op, what, operand, ids] of table) {
    it(`${op} with ${what}`, () => assert.equal(sortedIds(compare(op, operand)), ids));
  }

  const unary: [string, string][] = [
    ['IS_NULL', '00'],
    ['IS_NAN', '02'],
    ['IS_NOT_NULL', '01 02 03 04 05 06 07 08 09 10'],
    ['IS_NOT_NAN', '01 03 04 05 06 07 08 09 10'],
  ];
  for (const [op, ids] of unary) {
    it(op, () => assert.equal(sortedIds(found({ unaryFilter: { field, op } })), ids));
  }
});

/** Ranges return their results in another order than the ids. */
function sortedIds(ids: string): string {
  return ids.split(' ').sort().join(' ');
}
