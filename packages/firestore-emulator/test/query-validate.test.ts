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
const descending = (fieldPath: string) => [{ field: { fieldPath }, direction: 'DESCENDING' }];
const equalities = (count: number) => Array.from({ length: count }, (_, i) => is(`f${i}`, 'EQUAL', int(1)));
const where = (filter: Filter): StructuredQuery => ({ from, where: filter });

describe('embedded Firestore: query validation rejects a query', () => {
  const invalid: [what: string, query: StructuredQuery, parent?: string][] = [
    ['on two collections', { from: [{ collectionId: 'a' }, { collectionId: 'b' }] }],
    ['with a path as collection id', { from: [{ collectionId: 'a/b' }] }],
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
    ['with an empty OR', where(or())],
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
    ['with a million disjunctions', where(and(...equalities(20).map((one) => or(one, toInequality(one)))))],
    ['with inequalities on 11 fields', where(and(...equalities(11).map(toInequality)))],
    ['with 101 filters and orders', { from, where: and(...equalities(100)), orderBy: order('a') }],
    ['that compares __name__ with a string', where(is('__name__', 'GREATER_THAN', encode('x')))],
    ['with __name__ IN strings', where(is('__name__', 'IN', list(ref('c/d'), encode('x'))))],
    ['with ARRAY_CONTAINS on __name__', where(is('__name__', 'ARRAY_CONTAINS', ref('c/d')))],
    ['with __name__ IS_NULL', where(unary('__name__', 'IS_NULL'))],
    ['with an order on a field twice', { from, orderBy: order('a', 'b', 'a') }],
    ['with an order on a field twice, once quoted', { from, orderBy: order('a', '`a`') }],
    ['with an order on a field in both directions', { from, orderBy: [...order('a'), ...descending('a')] }],
    ['with an order after __name__', { from, orderBy: order('__name__', 'a') }],
    ['with an order on __name__ twice', { from, orderBy: order('__name__', '__name__') }],
    [
      'with an implied order after __name__, of a range',
      { from, where: is('a', 'GREATER_THAN', int(1)), orderBy: order('__name__') },
    ],
    [
      'with an implied order after __name__, of IS_NOT_NULL',
      { from, where: unary('a', 'IS_NOT_NULL'), orderBy: order('__name__') },
    ],
    [
      'with __name__ == and a range of another field',
      where(and(is('__name__', 'EQUAL', ref('c/d')), is('a', 'LESS_THAN', int(1)))),
    ],
    [
      'with __name__ IN and IS_NOT_NULL in an OR',
      where(or(is('__name__', 'IN', list(ref('c/d'))), unary('a', 'IS_NOT_NULL'))),
    ],
    [
      'with a filter on a collection group below a document',
      { from: [{ collectionId: 'c', allDescendants: true }], where: is('a', 'EQUAL', int(1)) },
      `${ROOT}/c/d`,
    ],
    [
      'with an order on a collection group below a document',
      { from: [{ collectionId: 'c', allDescendants: true }], orderBy: order('a') },
      `${ROOT}/c/d`,
    ],
    ['with a reserved field name in an order', { from, orderBy: order('a.__x__') }],
    ['with a reserved field name in a filter', where(is('__x__', 'EQUAL', int(1)))],
    ['with a reserved field name in a projection', { from, select: { fields: [{ fieldPath: '__x__' }] } }],
    ['with a field of __name__', where(is('__name__.a', 'EQUAL', int(1)))],
    ['on a reserved collection id', { from: [{ collectionId: '__x__' }] }],
    ['on a numeric collection id', { from: [{ collectionId: '__id5__' }] }],
    ['on a collection in a reserved one', { from }, `${ROOT}/__x__/y`],
    [
      'without a collection id but with a descending order',
      { from: [{ allDescendants: true }], orderBy: descending('__name__') },
    ],
    ['that compares __name__ with a collection', where(is('__name__', 'GREATER_THAN', ref('c')))],
    [
      'that compares __name__ with a document of another database',
      where(is('__name__', 'EQUAL', { referenceValue: ROOT.replace('demo', 'other').concat('/c/d') })),
    ],
    [
      'with a cursor in another database',
      {
        from,
        orderBy: order('__name__'),
        startAt: { values: [{ referenceValue: ROOT.replace('demo', 'other').concat('/c/d') }] },
      },
    ],
    ['with a cursor at a collection', { from, orderBy: order('__name__'), endAt: { values: [ref('c')] } }],
    ['with a cursor value without a type', { from, orderBy: order('a'), startAt: { values: [{}] } }],
    ['that compares with a value without a type', where(is('a', 'EQUAL', {}))],
    ['with IN and a value without a type', where(is('a', 'IN', list({})))],
    ['that compares with what is no reference', where(is('a', 'EQUAL', { referenceValue: 'x' }))],
    ['that compares with a map with a reserved key', where(is('a', 'EQUAL', encode({ __x__: 1 })))],
    [
      'that compares with a timestamp out of range',
      where(is('a', 'EQUAL', { timestampValue: { nanos: -1 } })),
    ],
    [
      'that compares with a geo point out of range',
      where(is('a', 'EQUAL', { geoPointValue: { latitude: 91 } })),
    ],
    [
      'with two NOT_EQUAL that are the same',
      where(and(is('a', 'NOT_EQUAL', int(1)), is('a', 'NOT_EQUAL', int(1)))),
    ],
    ['with an unknown direction', { from, orderBy: [{ field: { fieldPath: 'a' }, direction: 'UP' }] }],
  ];
  for (const [what, query, parent = ROOT] of invalid) {
    it(what, () => assert.throws(() => compileQuery(parent, query), { name: 'FirestoreError', code: 3 }));
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
    ['on all collections', {}],
    ['on all collections of a document', { from: [{}] }],
    ['with an empty AND', where(and())],
    [
      'with __name__ == and ranges of it and of another field',
      where(
        and(
          is('__name__', 'EQUAL', ref('c/d')),
          is('__name__', 'LESS_THAN', ref('c/e')),
          is('a', 'LESS_THAN', int(1)),
        ),
      ),
    ],
    [
      'with an order by __name__ and a range that no value is in',
      { from, where: is('a', 'GREATER_THAN', NULL), orderBy: order('__name__') },
    ],
    ['with an order on a map and a field in it', { from, orderBy: order('m', 'm.x') }],
    ['with __name__ as its last order', { from, orderBy: [...order('a'), ...descending('__name__')] }],
    [
      'that orders by its inequality, then by __name__',
      { from, where: is('a', 'NOT_EQUAL', int(1)), orderBy: order('a', '__name__') },
    ],
    ['that compares with an array in an array', where(is('a', 'EQUAL', encode([[1]])))],
    ['that compares with a map with an empty key', where(is('a', 'EQUAL', encode({ '': 1 })))],
    [
      'that compares a field with a document of another database',
      where(is('a', 'EQUAL', { referenceValue: ROOT.replace('demo', 'other').concat('/c/d') })),
    ],
    [
      'with 31 disjunctions of which two are the same',
      where(
        or(
          ...(many(30).arrayValue?.values?.map((one) => is('a', 'EQUAL', one)) ?? []),
          is('a', 'EQUAL', int(0)),
        ),
      ),
    ],
    ['with the same list of 30 values twice', where(and(is('a', 'IN', many(30)), is('a', 'IN', many(30))))],
    ['with the same ARRAY_CONTAINS twice', where(and(contains('a'), contains('a')))],
    ['with an empty select and no limit', { from, select: {}, limit: null }],
  ];
  for (const [what, query] of valid) {
    it(what, () => assert.deepEqual(compileQuery(ROOT, query).run([]), []));
  }
});

function contains(fieldPath: string): Filter {
  return is(fieldPath, 'ARRAY_CONTAINS', int(1));
}
