import assert from 'node:assert/strict';
import { FieldPath, Filter, type Query } from '@google-cloud/firestore';
import { toField } from '../query/field.ts';
import type { CompositeIndex, FieldOverride } from '../query/indexes-file.ts';
import { missingIndex } from '../query/required-index.ts';
import { encodeQuery, sdk } from './query-helpers.ts';

const NAME = FieldPath.documentId();
const cities = sdk.collection('c');
const group = sdk.collectionGroup('c');

/** Parses `'a ASC, b DESC, tags []'`, the notation of the Firebase console. */
const fieldsOf = (columns: string) =>
  columns.split(', ').map((column) => {
    const [fieldPath = '', mode] = column.split(' ');
    if (mode === '[]') return { fieldPath, arrayConfig: 'CONTAINS' };
    return { fieldPath, order: mode === 'DESC' ? 'DESCENDING' : 'ASCENDING' };
  });
const index = (columns: string, queryScope = 'COLLECTION'): CompositeIndex => ({
  collectionGroup: 'c',
  queryScope,
  fields: fieldsOf(columns),
});
const missing = (query: Query, indexes: CompositeIndex[] = [], fieldOverrides: FieldOverride[] = []) =>
  missingIndex(encodeQuery(query).structuredQuery, { indexes, fieldOverrides });

describe('embedded Firestore: automatic indexes serve', () => {
  const cases: [string, Query][] = [
    ['a whole collection', cities],
    ['a whole collection group', group],
    ['one equality', cities.where('a', '==', 1)],
    ['one range', cities.where('a', '>', 1).where('a', '<', 5)],
    ['one inequality', cities.where('a', '!=', 1)],
    ['one order', cities.orderBy('a', 'desc')],
    ['a range with an order on it', cities.where('a', '>', 1).orderBy('a', 'desc')],
    ['array-contains', cities.where('t', 'array-contains', 1)],
    ['array-contains-any', cities.where('t', 'array-contains-any', [1, 2])],
    ['in', cities.where('a', 'in', [1, 2]).where('b', 'in', [1, 2])],
    ['equalities, by merging indexes', cities.where('a', '==', 1).where('b.c', '==', 2).where('d', '==', 3)],
    ['equalities and array-contains', cities.where('a', '==', 1).where('t', 'array-contains', 2)],
    ['an order on a field compared for equality', cities.where('a', '==', 1).orderBy('a')],
    ['ids in a range', cities.where(NAME, '>', 'x')],
    ['ids in a range below an equality', cities.where('a', '==', 1).where(NAME, '>', 'x')],
    ['an equality with ids descending', cities.where('a', '==', 1).orderBy(NAME, 'desc')],
    [
      'or of conditions on single fields',
      cities.where(Filter.or(Filter.where('a', '==', 1), Filter.where('b', '==', 2))),
    ],
  ];
  for (const [what, query] of cases) it(what, () => assert.equal(missing(query), undefined));
});

describe('embedded Firestore: a composite index is required for', () => {
  const needed: [string, Query, string][] = [
    ['an equality and a range', cities.where('a', '==', 1).where('b', '>', 1), 'a ASC, b ASC'],
    ['an equality and an order', cities.where('a', '==', 1).orderBy('b', 'desc'), 'a ASC, b DESC'],
    ['two orders', cities.orderBy('a').orderBy('b', 'desc'), 'a ASC, b DESC'],
    ['ranges on two fields', cities.where('b', '>', 1).where('a', '<', 1), 'a ASC, b ASC'],
    ['a range after another order', cities.where('a', '>', 1).orderBy('b', 'desc'), 'b DESC, a DESC'],
    ['array-contains and an order', cities.where('t', 'array-contains', 1).orderBy('a'), 't [], a ASC'],
    [
      'array-contains and an order on one field',
      cities.where('t', 'array-contains', 1).orderBy('t'),
      't [], t ASC',
    ],
    ['in and an order', cities.where('a', 'in', [1, 2]).orderBy('b'), 'a ASC, b ASC'],
    [
      'array-contains with ids descending',
      cities.where('t', 'array-contains', 1).orderBy(NAME, 'desc'),
      't [], __name__ DESC',
    ],
    ['ids descending', cities.orderBy(NAME, 'desc'), '__name__ DESC'],
    [
      'ids in the opposite direction of the order',
      cities.orderBy('a').orderBy(NAME, 'desc'),
      'a ASC, __name__ DESC',
    ],
    [
      'one branch of an or',
      cities.where(Filter.or(Filter.where('a', '==', 1), Filter.where('b', '>', 2))),
      'a ASC, b ASC',
    ],
  ];
  for (const [what, query, columns] of needed) {
    it(`${what}, and is sufficient`, () => {
      assert.deepEqual(JSON.parse(missing(query) ?? ''), { indexes: [index(columns)] });
      assert.equal(missing(query, [index(columns)]), undefined);
    });
  }
});

describe('embedded Firestore: a composite index', () => {
  const query = cities.where('a', '==', 1).where('b', '==', 2).orderBy('s', 'desc');
  const cases: [string, Query, string[], boolean][] = [
    ['serves equalities in any order and direction', query, ['b DESC, a ASC, s DESC'], true],
    ['does not serve another sort direction', query, ['a ASC, b ASC, s ASC'], false],
    ['is merged with one that has the same sort order', query, ['a ASC, s DESC', 'b ASC, s DESC'], true],
    ['is not merged with one that has another sort order', query, ['a ASC, s DESC', 'b ASC, s ASC'], false],
    ['is not merged with automatic indexes', query, ['a ASC, s DESC'], false],
    ['does not serve a query without one of its fields', query, ['a ASC, b ASC, x ASC, s DESC'], false],
    [
      'does not serve a query for only its first fields',
      cities.orderBy('a').orderBy('b'),
      ['a ASC, b ASC, s ASC'],
      false,
    ],
    [
      'is merged as in the documentation',
      cities.where('category', '==', 1).where('editors_pick', '==', 2).orderBy('star', 'desc'),
      ['category ASC, star DESC', 'editors_pick ASC, star DESC'],
      true,
    ],
    ['serves ids in its direction', query.orderBy(NAME, 'asc'), ['a ASC, b ASC, s DESC, __name__ ASC'], true],
    ['does not serve ids in another direction', query, ['a ASC, b ASC, s DESC, __name__ ASC'], false],
  ];
  for (const [what, sortedQuery, columns, isServed] of cases) {
    it(what, () => {
      assert.equal(
        missing(
          sortedQuery,
          columns.map((one) => index(one)),
        ) === undefined,
        isServed,
      );
    });
  }

  it('serves only its own collection and scope', () => {
    const two = cities.orderBy('a').orderBy('b');
    assert.ok(missing(two, [{ ...index('a ASC, b ASC'), collectionGroup: 'other' }]));
    assert.ok(missing(two, [index('a ASC, b ASC', 'COLLECTION_GROUP')]));
    assert.ok(missing(group.orderBy('a').orderBy('b'), [index('a ASC, b ASC')]));
    const wide = [index('a ASC, b ASC', 'COLLECTION_GROUP')];
    assert.equal(missing(group.orderBy('a').orderBy('b'), wide), undefined);
  });
});

describe('embedded Firestore: a single-field override', () => {
  const override = (fieldPath: string, ...modes: string[]): FieldOverride => ({
    collectionGroup: 'c',
    fieldPath,
    indexes: modes.map((mode) => {
      const [order = '', queryScope = 'COLLECTION'] = mode.split(' ');
      return order === '[]' ? { arrayConfig: 'CONTAINS', queryScope } : { order, queryScope };
    }),
  });

  it('is required for a field in a collection group, and is sufficient', () => {
    for (const [query, mode] of [
      [group.where('a', '==', 1), 'ASCENDING COLLECTION_GROUP'],
      [group.where('a', '>', 1), 'ASCENDING COLLECTION_GROUP'],
      [group.orderBy('a', 'desc'), 'DESCENDING COLLECTION_GROUP'],
      [group.where('a', 'array-contains', 1), '[] COLLECTION_GROUP'],
    ] as const) {
      assert.deepEqual(JSON.parse(missing(query) ?? ''), { fieldOverrides: [override('a', mode)] });
      assert.equal(missing(query, [], [override('a', mode)]), undefined);
    }
  });

  it('replaces the automatic indexes', () => {
    assert.ok(missing(cities.where('a', '==', 1), [], [override('a')]));
    assert.ok(missing(cities.orderBy('a', 'desc'), [], [override('a', 'ASCENDING')]));
    assert.ok(missing(cities.where('a', '==', 1), [], [override('*')]));
    assert.equal(missing(cities.where('b', '==', 1), [], [override('a')]), undefined);
  });

  it('applies to the fields of a map that have no override of their own', () => {
    const query = cities.where('m.x', '==', 1);
    assert.ok(missing(query, [], [override('m')]));
    assert.equal(missing(query, [], [override('m'), override('m.x', 'ASCENDING')]), undefined);
  });

  it('changes nothing if it only sets a TTL', () => {
    const ttl = { collectionGroup: 'c', fieldPath: 'a', ttl: true };
    assert.equal(missing(cities.where('a', '==', 1), [], [ttl]), undefined);
  });
});

describe('embedded Firestore: sum and average', () => {
  const field = toField({ fieldPath: 's' });
  const missingFor = (query: Query, indexes: CompositeIndex[] = []) =>
    missingIndex(encodeQuery(query).structuredQuery, { indexes }, [field]);

  it('require an index with the aggregated field', () => {
    assert.equal(missingFor(cities), undefined);
    const query = cities.where('a', '==', 1);
    assert.deepEqual(JSON.parse(missingFor(query) ?? ''), { indexes: [index('a ASC, s ASC')] });
    assert.equal(missingFor(query, [index('a ASC, s ASC')]), undefined);
  });
});
