import assert from 'node:assert/strict';
import { compileQuery } from '../query/run.ts';
import type { Filter, StructuredQuery } from '../query/structured-query.ts';
import type { Value } from '../value.ts';
import { encode, int, list, NULL, ROOT, ref } from './query-helpers.ts';

const from = [{ collectionId: 'c' }];
const is = (fieldPath: string, op: string, value: Value): Filter => ({
  fieldFilter: { field: { fieldPath }, op, value },
});
const and = (...filters: Filter[]): Filter => ({ compositeFilter: { op: 'AND', filters } });
const or = (...filters: Filter[]): Filter => ({ compositeFilter: { op: 'OR', filters } });
const unary = (fieldPath: string, op: string): Filter => ({ unaryFilter: { field: { fieldPath }, op } });
const many = (count: number) => list(...Array.from({ length: count }, (_, i) => int(i)));
const order = (...paths: string[]) => paths.map((fieldPath) => ({ field: { fieldPath } }));
const equalities = (count: number) => Array.from({ length: count }, (_, i) => is(`f${i}`, 'EQUAL', int(1)));
const where = (filter: Filter): StructuredQuery => ({ from, where: filter });

describe('embedded Firestore: query validation rejects a query', () => {
  const invalid: [string, StructuredQuery][] = [
    ['without a collection', {}],
    ['on two collections', { from: [{ collectionId: 'a' }, { collectionId: 'b' }] }],
    ['with a path as collection id', { from: [{ collectionId: 'a/b' }] }],
    ['on children without a collection id', { from: [{}] }],
    [
      'without a collection id but with a field',
      { from: [{ allDescendants: true }], where: is('a', 'EQUAL', int(1)) },
    ],
    ['without a collection id but with an order', { from: [{ allDescendants: true }], orderBy: order('a') }],
    ['with a negative limit', { from, limit: { value: -1 } }],
    ['with a negative offset', { from, offset: -1 }],
    ['with more cursor values than orders', { from, orderBy: order('a'), startAt: { values: [NULL, NULL] } }],
    ['with a cursor but no order', { from, endAt: { values: [NULL] } }],
    [
      'with a cursor on __name__ that is not a reference',
      { from, orderBy: order('__name__'), startAt: { values: [int(1)] } },
    ],
    ['with an invalid field path', where(is('a..b', 'EQUAL', int(1)))],
    ['with an empty filter', where({})],
    ['with an empty AND', where(and())],
    ['with an unspecified operator', where(is('a', 'OPERATOR_UNSPECIFIED', int(1)))],
    ['with IN and an empty array', where(is('a', 'IN', list()))],
    ['with IN and no array', where(is('a', 'IN', int(1)))],
    ['with IN and 31 values', where(is('a', 'IN', many(31)))],
    ['with ARRAY_CONTAINS_ANY and an empty array', where(is('a', 'ARRAY_CONTAINS_ANY', list()))],
    ['with NOT_IN and 11 values', where(is('a', 'NOT_IN', many(11)))],
    ['with NOT_IN and IN', where(and(is('a', 'NOT_IN', many(1)), is('b', 'IN', many(1))))],
    ['with NOT_IN and OR', where(or(is('a', 'NOT_IN', many(1)), is('b', 'EQUAL', int(1))))],
    ['with NOT_IN and NOT_EQUAL', where(and(is('a', 'NOT_IN', many(1)), is('a', 'NOT_EQUAL', int(1))))],
    ['with two NOT_EQUAL', where(and(is('a', 'NOT_EQUAL', int(1)), is('a', 'NOT_EQUAL', int(2))))],
    ['with IS_NOT_NULL and IS_NOT_NAN', where(and(unary('a', 'IS_NOT_NULL'), unary('b', 'IS_NOT_NAN')))],
    [
      'with two ARRAY_CONTAINS',
      where(and(is('a', 'ARRAY_CONTAINS', int(1)), is('b', 'ARRAY_CONTAINS', int(1)))),
    ],
    [
      'with ARRAY_CONTAINS and ARRAY_CONTAINS_ANY in one AND',
      where(and(is('a', 'ARRAY_CONTAINS', int(1)), is('a', 'ARRAY_CONTAINS_ANY', many(2)))),
    ],
    ['with 36 disjunctions', where(and(is('a', 'IN', many(6)), is('b', 'IN', many(6))))],
    ['with a million disjunctions', where(and(...equalities(20).map((one) => or(one, one))))],
    ['with inequalities on 11 fields', where(and(...equalities(11).map(toInequality)))],
    ['with 101 filters and orders', { from, where: and(...equalities(100)), orderBy: order('a') }],
    ['that compares __name__ with a string', where(is('__name__', 'GREATER_THAN', encode('x')))],
    ['with __name__ IN strings', where(is('__name__', 'IN', list(ref('c/d'), encode('x'))))],
    ['with ARRAY_CONTAINS on __name__', where(is('__name__', 'ARRAY_CONTAINS', ref('c/d')))],
    ['with __name__ IS_NULL', where(unary('__name__', 'IS_NULL'))],
    ['with an unknown direction', { from, orderBy: [{ field: { fieldPath: 'a' }, direction: 'UP' }] }],
  ];
  for (const [what, query] of invalid) {
    it(what, () => assert.throws(() => compileQuery(ROOT, query), { name: 'FirestoreError', code: 3 }));
  }

  it('with a collection as its parent', () => {
    assert.throws(() => compileQuery(`${ROOT}/a`, { from }), { code: 3 });
  });

  it('for vector search, as unimplemented', () => {
    assert.throws(() => compileQuery(ROOT, { from, findNearest: {} }), {
      code: 12,
      message: /vector search/,
    });
  });
});

function toInequality({ fieldFilter }: Filter): Filter {
  return { fieldFilter: { ...fieldFilter, op: 'GREATER_THAN' } };
}

describe('embedded Firestore: query validation accepts a query', () => {
  const valid: [string, StructuredQuery][] = [
    ['with IN and 30 values', where(is('a', 'IN', many(30)))],
    ['with 30 disjunctions', where(and(is('a', 'IN', many(6)), is('b', 'ARRAY_CONTAINS_ANY', many(5))))],
    ['with ARRAY_CONTAINS once in each disjunction', where(or(...['a', 'b'].map(contains)))],
    ['with inequalities on 10 fields', where(and(...equalities(10).map(toInequality)))],
    ['with 100 filters', where(and(...equalities(100)))],
    [
      'that does not order by its inequality first',
      { from, where: is('a', 'LESS_THAN', int(1)), orderBy: order('b') },
    ],
    ['with NOT_EQUAL and IN', where(and(is('a', 'NOT_EQUAL', int(1)), is('b', 'IN', many(2))))],
    ['with an empty select and no limit', { from, select: {}, limit: null }],
  ];
  for (const [what, query] of valid) {
    it(what, () => assert.deepEqual(compileQuery(ROOT, query).run([]), []));
  }
});

function contains(fieldPath: string): Filter {
  return is(fieldPath, 'ARRAY_CONTAINS', int(1));
}
