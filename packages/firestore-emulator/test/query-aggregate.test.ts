import assert from 'node:assert/strict';
import { aggregate } from '../query/aggregate.ts';
import { compileQuery } from '../query/run.ts';
import type { Aggregation, StructuredQuery } from '../query/structured-query.ts';
import type { Value } from '../value.ts';
import { documentAt, double, int, NULL, ROOT, ref, text } from './query-helpers.ts';

const sum: Aggregation = { alias: 'sum', sum: { field: { fieldPath: 'v' } } };
const avg: Aggregation = { alias: 'avg', avg: { field: { fieldPath: 'v' } } };
const count: Aggregation = { alias: 'count', count: {} };

function aggregateValues(
  values: (Value | undefined)[],
  aggregations: Aggregation[],
  query: StructuredQuery = {},
) {
  const documents = values.map((v, i) => ({ ...documentAt(`c/${i}`), fields: v ? { v } : {} }));
  return aggregate(compileQuery(ROOT, { from: [{ collectionId: 'c' }], ...query }), aggregations, documents);
}

describe('embedded Firestore: aggregation queries', () => {
  it('counts documents, up to the requested maximum', () => {
    const upTo = (value: string): Aggregation => ({ count: { upTo: { value } } });
    const result = aggregateValues([int(1), undefined, NULL], [count, upTo('2'), upTo('9')]);
    assert.deepEqual(result, { count: int(3), field_1: int(2), field_2: int(3) });
  });

  const sums: [string, Value[], Value, Value][] = [
    ['no documents', [], int(0), NULL],
    ['values that are not numbers', [NULL, text('7')], int(0), NULL],
    ['integers', [int(1), int(2), NULL], int(3), double(1.5)],
    ['integers and doubles', [int(1), double(2)], double(3), double(1.5)],
    ['NaN', [int(1), double(Number.NaN)], double(Number.NaN), double(Number.NaN)],
    [
      'opposite infinities',
      [double(Number.POSITIVE_INFINITY), double(Number.NEGATIVE_INFINITY)],
      double(Number.NaN),
      double(Number.NaN),
    ],
    [
      'integers beyond int64, with a double as the result',
      [int('9223372036854775807'), int(1)],
      double(2 ** 63),
      double(2 ** 62),
    ],
    [
      'integers with only a partial sum beyond int64',
      [int('9223372036854775807'), int(1), int('-9223372036854775808')],
      int(0),
      double(0),
    ],
  ];
  for (const [what, values, total, average] of sums) {
    it(`computes sum and average of ${what}`, () => {
      assert.deepEqual(aggregateValues(values, [sum, avg]), { sum: total, avg: average });
    });
  }

  it('excludes documents without an aggregated field from all aggregations', () => {
    assert.deepEqual(aggregateValues([int(5), undefined, text('x')], [count, sum]), {
      count: int(2),
      sum: int(5),
    });
    const other: Aggregation = { alias: 'other', sum: { field: { fieldPath: 'w' } } };
    assert.deepEqual(aggregateValues([int(5)], [sum, other]), { sum: int(0), other: int(0) });
  });

  it('aggregates after offset and limit, in the order of the query', () => {
    const orderBy = [{ field: { fieldPath: 'v' }, direction: 'DESCENDING' }];
    const result = aggregateValues([int(1), int(2), int(4), int(8)], [count, sum], {
      orderBy,
      offset: 1,
      limit: { value: 2 },
    });
    assert.deepEqual(result, { count: int(2), sum: int(6) });
  });

  it('applies a limit in the order of the aggregated field, as its index has it', () => {
    assert.deepEqual(aggregateValues([int(8), int(1), int(4)], [sum], { limit: { value: 2 } }), {
      sum: int(5),
    });
  });

  const field = { fieldPath: '__name__' };
  const refused: [string, StructuredQuery][] = [
    ['a projection', { select: { fields: [{ fieldPath: 'v' }] } }],
    ['an order by __name__', { orderBy: [{ field }] }],
    ['a filter by __name__', { where: { fieldFilter: { field, op: 'EQUAL', value: ref('c/d') } } }],
  ];
  for (const [what, query] of refused) {
    it(`rejects a sum with ${what}, and accepts a count with it`, () => {
      assert.throws(() => aggregateValues([], [sum], query), { code: 3 });
      assert.deepEqual(aggregateValues([], [count], query), { count: int(0) });
    });
  }

  const invalid: [string, Aggregation[]][] = [
    ['no aggregation', []],
    ['more than five aggregations', Array.from({ length: 6 }, (_, i) => ({ ...count, alias: `a${i}` }))],
    ['two aggregations with the same alias', [count, count]],
    ['a count up to 0', [{ count: { upTo: {} } }]],
    ['a reserved alias', [{ ...count, alias: '__x__' }]],
    ['an alias of 1501 bytes', [{ ...count, alias: 'x'.repeat(1501) }]],
    ['a sum of __name__', [{ sum: { field: { fieldPath: '__name__' } } }]],
    ['a sum of a reserved field', [{ sum: { field: { fieldPath: '__x__' } } }]],
    ['an aggregation without an operator', [{ alias: 'x' }]],
  ];
  for (const [what, aggregations] of invalid) {
    it(`rejects ${what}`, () => assert.throws(() => aggregateValues([], aggregations), { code: 3 }));
  }
});
