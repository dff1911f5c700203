import assert from 'node:assert/strict';
import { FieldPath, Filter, type Query } from '@google-cloud/firestore';
import type { StoredDocument } from '../document.ts';
import { compileQuery } from '../query/run.ts';
import { documentAt, encode, encodeQuery, NULL, pathsOf, ROOT, runSdkQuery, sdk } from './query-helpers.ts';

const NAME = FieldPath.documentId();

/** The cities of Firestore's documentation. */
const CITIES = [
  documentAt('cities/SF', {
    state: 'CA',
    capital: false,
    population: 860000,
    regions: ['west_coast', 'norcal'],
  }),
  documentAt('cities/LA', {
    state: 'CA',
    capital: false,
    population: 3900000,
    regions: ['west_coast', 'socal'],
  }),
  documentAt('cities/DC', { state: null, capital: true, population: 680000, regions: ['east_coast'] }),
  documentAt('cities/TOK', { capital: true, population: 9000000, regions: ['kanto', 'honshu'] }),
  documentAt('cities/BJ', { capital: true, population: 21500000, regions: ['jingjinji', 'hebei'] }),
  documentAt('cities/SF/landmarks/bridge', { type: 'bridge', height: { m: 227 } }),
  documentAt('cities/LA/landmarks/museum', { type: 'museum', height: { m: 30, ft: 98 } }),
  documentAt('landmarks/other', { type: 'museum' }),
];
const cities = sdk.collection('cities');

describe('embedded Firestore: queries', () => {
  const table: [string, Query, string[]][] = [
    ['a whole collection', cities, ['BJ', 'DC', 'LA', 'SF', 'TOK']],
    ['==', cities.where('state', '==', 'CA'), ['LA', 'SF']],
    ['== null', cities.where('state', '==', null), ['DC']],
    ['<', cities.where('population', '<', 1000000), ['DC', 'SF']],
    ['<=', cities.where('population', '<=', 860000), ['DC', 'SF']],
    ['>', cities.where('population', '>', 3900000), ['TOK', 'BJ']],
    ['>=', cities.where('population', '>=', 3900000), ['LA', 'TOK', 'BJ']],
    ['!=, without null and missing fields', cities.where('state', '!=', 'NY'), ['LA', 'SF']],
    ['!= null', cities.where('state', '!=', null), ['LA', 'SF']],
    ['!= NaN', cities.where('population', '!=', Number.NaN), ['DC', 'SF', 'LA', 'TOK', 'BJ']],
    ['array-contains', cities.where('regions', 'array-contains', 'west_coast'), ['LA', 'SF']],
    ['array-contains-any', cities.where('regions', 'array-contains-any', ['kanto', 'norcal']), ['SF', 'TOK']],
    [
      'in, with whole arrays',
      cities.where('regions', 'in', [['west_coast', 'norcal'], ['east_coast']]),
      ['DC', 'SF'],
    ],
    ['not-in, without null', cities.where('state', 'not-in', ['NY', 'CO']), ['LA', 'SF']],
    ['not-in with null, without results', cities.where('state', 'not-in', ['NY', null]), []],
    ['a range and an equality', cities.where('state', '==', 'CA').where('population', '<', 1e6), ['SF']],
    [
      'ranges on two fields, ordered by field name',
      cities.where('population', '>', 0).where('capital', '>=', false),
      ['SF', 'LA', 'DC', 'TOK', 'BJ'],
    ],
    ['a number compared with a boolean, without results', cities.where('capital', '>', 0), []],
    [
      'or',
      cities.where(Filter.or(Filter.where('capital', '==', true), Filter.where('population', '<', 1e6))),
      ['DC', 'SF', 'TOK', 'BJ'],
    ],
    [
      'or inside and',
      cities.where(
        Filter.and(
          Filter.where('state', '==', 'CA'),
          Filter.or(Filter.where('population', '>', 1e7), Filter.where('capital', '==', false)),
        ),
      ),
      ['SF', 'LA'],
    ],
    ['a descending order', cities.orderBy('population', 'desc').limit(2), ['BJ', 'TOK']],
    [
      'an order on a field that some documents lack',
      cities.orderBy('state').orderBy('population', 'desc'),
      ['DC', 'LA', 'SF'],
    ],
    [
      'ids in the direction of the last order for equal values',
      cities.orderBy('capital', 'desc'),
      ['TOK', 'DC', 'BJ', 'SF', 'LA'],
    ],
    ['ids in a range', cities.where(NAME, '>', 'DC').where(NAME, '<', 'TOK'), ['LA', 'SF']],
    ['ids in a list', cities.where(NAME, 'in', ['SF', 'none', 'BJ']), ['BJ', 'SF']],
    ['ids descending', cities.orderBy(NAME, 'desc').limit(2), ['TOK', 'SF']],
    ['startAt', cities.orderBy('population').startAt(3900000), ['LA', 'TOK', 'BJ']],
    ['startAfter', cities.orderBy('population').startAfter(3900000), ['TOK', 'BJ']],
    ['endAt', cities.orderBy('population').endAt(860000), ['DC', 'SF']],
    ['endBefore', cities.orderBy('population').endBefore(860000), ['DC']],
    [
      'a cursor with fewer values than orders',
      cities.orderBy('state').orderBy('population').startAfter('CA'),
      [],
    ],
    ['a cursor with an id', cities.orderBy('capital').orderBy(NAME).startAfter(true, 'BJ'), ['DC', 'TOK']],
    ['offset, then limit', cities.orderBy('population').offset(1).limit(2), ['SF', 'LA']],
    ['limitToLast', cities.orderBy('population').limitToLast(2), ['BJ', 'TOK']],
    [
      'limitToLast between cursors',
      cities.orderBy('population').startAt(680000).endBefore(9000000).limitToLast(2),
      ['LA', 'SF'],
    ],
    ['an empty page', cities.limit(0), []],
  ];
  for (const [what, query, ids] of table) {
    it(`returns ${what}`, () => {
      assert.deepEqual(
        runSdkQuery(query, CITIES),
        ids.map((id) => `cities/${id}`),
      );
    });
  }

  it('filters by a field in a map', () => {
    const query = cities.doc('SF').collection('landmarks').where('height.m', '>', 100);
    assert.deepEqual(runSdkQuery(query, CITIES), ['cities/SF/landmarks/bridge']);
  });

  it('matches no null or NaN of a list, as in production', () => {
    const documents = [
      documentAt('cities/n', { v: null, a: [null, Number.NaN] }),
      documentAt('cities/x', { v: Number.NaN, a: [1] }),
    ];
    assert.deepEqual(runSdkQuery(cities.where('v', 'in', [null, Number.NaN]), documents), []);
    // The SDK turns `array-contains null` into `!= null`, so this query does not use the SDK.
    const contains = { field: { fieldPath: 'a' }, op: 'ARRAY_CONTAINS', value: NULL };
    const raw = compileQuery(ROOT, {
      from: [{ collectionId: 'cities' }],
      where: { fieldFilter: contains },
    });
    assert.deepEqual(raw.run(documents), []);
    assert.deepEqual(runSdkQuery(cities.where('a', 'array-contains-any', [Number.NaN, 1]), documents), [
      'cities/x',
    ]);
    assert.deepEqual(runSdkQuery(cities.where('v', '==', Number.NaN), documents), ['cities/x']);
  });

  const implied: [string, string][] = [
    ['m.x', '`q-r`'],
    ['a.b', '`a-`'],
    ['z', '`é`'],
    ['a.c', '`a.b`'],
    ['`B-`', 'a'],
    ['a', 'a.b'],
  ];
  for (const [first, second] of implied) {
    it(`orders by the range of ${first} before that of ${second}, as they are without quotes`, () => {
      for (const paths of [
        [first, second],
        [second, first],
      ]) {
        const filters = paths.map((fieldPath) => ({
          fieldFilter: { field: { fieldPath }, op: 'GREATER_THAN', value: encode(0) },
        }));
        const where = { compositeFilter: { op: 'AND', filters } };
        const sorts = compileQuery(ROOT, { from: [{ collectionId: 'c' }], where }).sorts;
        assert.deepEqual(
          sorts.map(({ field: { key } }) => key),
          [first, second, '__name__'],
        );
      }
    });
  }

  it('requires implicitly ordered fields in every branch of an OR', () => {
    const query = cities.where(Filter.or(Filter.where('a', '>', 1), Filter.where('b', '==', 1)));
    const documents = [documentAt('cities/only-b', { b: 1 }), documentAt('cities/both', { a: 0, b: 1 })];
    assert.deepEqual(runSdkQuery(query, documents), ['cities/both']);
  });
});

describe('embedded Firestore: collection group queries', () => {
  it('returns the collections with one id at every depth, ordered by path', () => {
    assert.deepEqual(runSdkQuery(sdk.collectionGroup('landmarks'), CITIES), [
      'cities/LA/landmarks/museum',
      'cities/SF/landmarks/bridge',
      'landmarks/other',
    ]);
  });

  it('compares __name__ with whole paths', () => {
    const query = sdk.collectionGroup('landmarks').where(NAME, '>=', 'cities/SF/landmarks/bridge');
    assert.deepEqual(runSdkQuery(query, CITIES), ['cities/SF/landmarks/bridge', 'landmarks/other']);
  });

  it('returns only documents below the parent', () => {
    const query = compileQuery(`${ROOT}/cities/SF`, {
      from: [{ collectionId: 'landmarks', allDescendants: true }],
    });
    assert.deepEqual(pathsOf(query.run(CITIES)), ['cities/SF/landmarks/bridge']);
  });
});

describe('embedded Firestore: projections', () => {
  const fieldsOf = (query: Query): StoredDocument['fields'][] => {
    const { parent, structuredQuery } = encodeQuery(query);
    return compileQuery(parent, structuredQuery)
      .run(CITIES)
      .map(({ fields }) => fields);
  };
  const museum = sdk.collectionGroup('landmarks').where('height.ft', '==', 98);

  it('returns only the selected fields, even if the query filters by others', () => {
    assert.deepEqual(fieldsOf(museum.select('type', 'height.m', 'none')), [
      documentAt('x/y', { type: 'museum', height: { m: 30 } }).fields,
    ]);
  });

  it('returns no fields for an empty select', () => {
    assert.deepEqual(fieldsOf(museum.select()), [{}]);
    assert.deepEqual(fieldsOf(museum.select(NAME)), [{}]);
  });

  it('returns a whole map if both the map and a part of it are selected', () => {
    assert.deepEqual(Object.keys(fieldsOf(museum.select('height.m', 'height'))[0] ?? {}), ['height']);
    assert.deepEqual(
      fieldsOf(museum.select('height', 'height.m'))[0],
      documentAt('x/y', { height: { m: 30, ft: 98 } }).fields,
    );
  });
});

describe("embedded Firestore: queries of the SDK's recursive delete", () => {
  /** The paged query that recursive-delete.js of the SDK sends for a collection. */
  const descendants = (collection: string, lastPath?: string) => {
    const lowest = '__id-9223372036854775808__';
    const name = { fieldPath: '__name__' };
    const bound = (op: string, path: string) => ({
      fieldFilter: { field: name, op, value: { referenceValue: `${ROOT}/${path}` } },
    });
    const filters = [
      bound('GREATER_THAN_OR_EQUAL', `${collection}/${lowest}`),
      bound('LESS_THAN', `${collection}\0/${lowest}`),
    ];
    return compileQuery(ROOT, {
      from: [{ allDescendants: true }],
      where: { compositeFilter: { op: 'AND', filters } },
      select: { fields: [name] },
      ...(lastPath && {
        orderBy: [{ field: name, direction: 'ASCENDING' }],
        startAt: { values: [{ referenceValue: `${ROOT}/${lastPath}` }] },
      }),
      limit: { value: 3 },
    });
  };
  const documents = [
    ...['a/2/sub/x', 'a/1', 'a/2', 'a/__id5__', 'a/__id5__/s/t', 'aa/1', 'a!/1', 'A/1'].map((path) =>
      documentAt(path, { f: 1 }),
    ),
  ];

  it('returns a collection with its subcollections, without siblings and fields', () => {
    const first = descendants('a').run(documents);
    assert.deepEqual(pathsOf(first), ['a/__id5__', 'a/__id5__/s/t', 'a/1']);
    assert.deepEqual(pathsOf(descendants('a', 'a/1').run(documents)), ['a/2', 'a/2/sub/x']);
    assert.deepEqual(first[0]?.fields, {});
  });

  it('returns the documents below a document, without the document', () => {
    const query = compileQuery(`${ROOT}/a/2`, { from: [{ allDescendants: true }] });
    assert.deepEqual(pathsOf(query.run(documents)), ['a/2/sub/x']);
  });
});
