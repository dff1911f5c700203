import assert from 'node:assert/strict';
import { aggregate } from '../query/aggregate.ts';
import { compileQuery } from '../query/run.ts';
import type { Aggregation, StructuredQuery } from '../query/structured-query.ts';
import type { Value } from '../value.ts';
import { documentAt, double, int, NULL, ROOT, text } from './query-helpers.ts';

const sum: Aggregation = { alias: 'sum', sum: { field: { fieldPath: 'v' } } };
const avg: Aggregation = { alias: 'avg', avg: { field: { fieldPath: 'v' } } };
const count: Aggregation = { alias: 'count', count: {} };

function over(values: (Value | undefined)[], aggregations: Aggregation[], query: StructuredQuery = {}) {
  const documents = values.map((v, i) => ({ ...documentAt(`c/${i}`), fields: v ? { v } : {} }));
  return aggregate(compileQuery(ROOT, { from: [{ collectionId: 'c' }], ...query }), aggregations, documents);
}

describe('an aggregation', () => {
  it('counts documents, and no further than it is told', () => {
    const upTo = (value: string): Aggregation => ({ count: { upTo: { value } } });
    const answer = over([int(1), undefined, NULL], [count, upTo('2'), upTo('9')]);
    assert.deepEqual(answer, { count: int(3), field_1: int(2), field_2: int(3) });
  });

  const sums: [string, Value[], Value, Value][] = [
    ['nothing', [], int(0), NULL],
    ['what is no number', [NULL, text('7')], int(0), NULL],
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
      'integers beyond int64, as a double',
      [int('9223372036854775807'), int(1)],
      double(2 ** 63),
      double(2 ** 62),
    ],
    [
      'integers that leave int64 only on the way',
      [int('9223372036854775807'), int(1), int('-9223372036854775808')],
      int(0),
      double(0),
    ],
  ];
  for (const [what, values, total, average] of sums) {
    it(`adds up and averages ${what}`, () => {
      assert.deepEqual(over(values, [sum, avg]), { sum: total, avg: average });
    });
  }

  it('leaves documents without an aggregated field out of every aggregation beside it', () => {
    assert.deepEqual(over([int(5), undefined, text('x')], [count, sum]), { count: int(2), sum: int(5) });
    const other: Aggregation = { alias: 'other', sum: { field: { fieldPath: 'w' } } };
    assert.deepEqual(over([int(5)], [sum, other]), { sum: int(0), other: int(0) });
  });

  it('keeps to offset and limit in the order of the query', () => {
    const orderBy = [{ field: { fieldPath: 'v' }, direction: 'DESCENDING' }];
    const answer = over([int(1), int(2), int(4), int(8)], [count, sum], {
      orderBy,
      offset: 1,
      limit: { value: 2 },
    });
    assert.deepEqual(answer, { count: int(2), sum: int(6) });
  });

  const refused: [string, Aggregation[]][] = [
    ['none', []],
    ['more than five', Array.from({ length: 6 }, (_, i) => ({ ...count, alias: `a${i}` }))],
    ['two of one alias', [count, count]],
    ['a count up to nothing', [{ count: { upTo: {} } }]],
    ['one without an operator', [{ alias: 'x' }]],
  ];
  for (const [what, aggregations] of refused) {
    it(`refuses ${what}`, () => assert.throws(() => over([], aggregations), { code: 3 }));
  }
});
