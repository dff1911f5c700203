import assert from 'node:assert/strict';
import { FieldPath, Filter, type Query } from '@google-cloud/firestore';
import type { StoredDocument } from '../document.ts';
import { compileQuery } from '../query/run.ts';
import { documentAt, find, NULL, onWire, pathsOf, ROOT, sdk } from './query-helpers.ts';

const NAME = FieldPath.documentId();

/** The documentation's cities. */
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

describe('a query', () => {
  const table: [string, Query, string[]][] = [
    ['nothing more than a collection', cities, ['BJ', 'DC', 'LA', 'SF', 'TOK']],
    ['==', cities.where('state', '==', 'CA'), ['LA', 'SF']],
    ['== null', cities.where('state', '==', null), ['DC']],
    ['<', cities.where('population', '<', 1000000), ['DC', 'SF']],
    ['<=', cities.where('population', '<=', 860000), ['DC', 'SF']],
    ['>', cities.where('population', '>', 3900000), ['TOK', 'BJ']],
    ['>=', cities.where('population', '>=', 3900000), ['LA', 'TOK', 'BJ']],
    ['!=, which leaves out null and what lacks the field', cities.where('state', '!=', 'NY'), ['LA', 'SF']],
    ['!= null', cities.where('state', '!=', null), ['LA', 'SF']],
    ['!= NaN', cities.where('population', '!=', Number.NaN), ['DC', 'SF', 'LA', 'TOK', 'BJ']],
    ['array-contains', cities.where('regions', 'array-contains', 'west_coast'), ['LA', 'SF']],
    ['array-contains-any', cities.where('regions', 'array-contains-any', ['kanto', 'norcal']), ['SF', 'TOK']],
    [
      'in, with whole arrays',
      cities.where('regions', 'in', [['west_coast', 'norcal'], ['east_coast']]),
      ['DC', 'SF'],
    ],
    ['not-in, which leaves out null', cities.where('state', 'not-in', ['NY', 'CO']), ['LA', 'SF']],
    ['not-in with null, which finds nothing', cities.where('state', 'not-in', ['NY', null]), []],
    ['range and equality', cities.where('state', '==', 'CA').where('population', '<', 1e6), ['SF']],
    [
      'ranges on two fields, in the order of their names',
      cities.where('population', '>', 0).where('capital', '>=', false),
      ['SF', 'LA', 'DC', 'TOK', 'BJ'],
    ],
    ['a number for a boolean, which finds nothing', cities.where('capital', '>', 0), []],
    [
      'or',
      cities.where(Filter.or(Filter.where('capital', '==', true), Filter.where('population', '<', 1e6))),
      ['DC', 'SF', 'TOK', 'BJ'],
    ],
    [
      'and with or inside',
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
      'an order on a field that some lack',
      cities.orderBy('state').orderBy('population', 'desc'),
      ['DC', 'LA', 'SF'],
    ],
    [
      'the direction of the last order, for equal values',
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
      'a cursor of fewer values than orders',
      cities.orderBy('state').orderBy('population').startAfter('CA'),
      [],
    ],
    ['an id as cursor', cities.orderBy('capital').orderBy(NAME).startAfter(true, 'BJ'), ['DC', 'TOK']],
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
    it(`answers ${what}`, () => {
      assert.deepEqual(
        find(query, CITIES),
        ids.map((id) => `cities/${id}`),
      );
    });
  }

  it('reaches into maps', () => {
    const query = cities.doc('SF').collection('landmarks').where('height.m', '>', 100);
    assert.deepEqual(find(query, CITIES), ['cities/SF/landmarks/bridge']);
  });

  it('finds nothing by null or NaN in a list, as production does', () => {
    const documents = [
      documentAt('cities/n', { v: null, a: [null, Number.NaN] }),
      documentAt('cities/x', { v: Number.NaN, a: [1] }),
    ];
    assert.deepEqual(find(cities.where('v', 'in', [null, Number.NaN]), documents), []);
    // The SDK turns `array-contains null` into `!= null`, so this one is asked without it.
    const contains = { field: { fieldPath: 'a' }, op: 'ARRAY_CONTAINS', value: NULL };
    const raw = compileQuery(ROOT, {
      from: [{ collectionId: 'cities' }],
      where: { fieldFilter: contains },
    });
    assert.deepEqual(raw.run(documents), []);
    assert.deepEqual(find(cities.where('a', 'array-contains-any', [Number.NaN, 1]), documents), ['cities/x']);
    assert.deepEqual(find(cities.where('v', '==', Number.NaN), documents), ['cities/x']);
  });

  it('wants implicitly ordered fields in every branch of an OR', () => {
    const query = cities.where(Filter.or(Filter.where('a', '>', 1), Filter.where('b', '==', 1)));
    const documents = [documentAt('cities/only-b', { b: 1 }), documentAt('cities/both', { a: 0, b: 1 })];
    assert.deepEqual(find(query, documents), ['cities/both']);
  });
});

describe('a collection group query', () => {
  it('finds the collections of one id at every depth, in the order of their paths', () => {
    assert.deepEqual(find(sdk.collectionGroup('landmarks'), CITIES), [
      'cities/LA/landmarks/museum',
      'cities/SF/landmarks/bridge',
      'landmarks/other',
    ]);
  });

  it('takes whole paths as ids', () => {
    const query = sdk.collectionGroup('landmarks').where(NAME, '>=', 'cities/SF/landmarks/bridge');
    assert.deepEqual(find(query, CITIES), ['cities/SF/landmarks/bridge', 'landmarks/other']);
  });

  it('stays below its parent', () => {
    const query = compileQuery(`${ROOT}/cities/SF`, {
      from: [{ collectionId: 'landmarks', allDescendants: true }],
    });
    assert.deepEqual(pathsOf(query.run(CITIES)), ['cities/SF/landmarks/bridge']);
  });
});

describe('a projection', () => {
  const fieldsOf = (query: Query): StoredDocument['fields'][] => {
    const { parent, structuredQuery } = onWire(query);
    return compileQuery(parent, structuredQuery)
      .run(CITIES)
      .map(({ fields }) => fields);
  };
  const museum = sdk.collectionGroup('landmarks').where('height.ft', '==', 98);

  it('keeps the named fields only, whether or not the query reads them', () => {
    assert.deepEqual(fieldsOf(museum.select('type', 'height.m', 'none')), [
      documentAt('x/y', { type: 'museum', height: { m: 30 } }).fields,
    ]);
  });

  it('keeps nothing but the name when it names nothing', () => {
    assert.deepEqual(fieldsOf(museum.select()), [{}]);
    assert.deepEqual(fieldsOf(museum.select(NAME)), [{}]);
  });

  it('keeps a whole map before a part of it', () => {
    assert.deepEqual(Object.keys(fieldsOf(museum.select('height.m', 'height'))[0] ?? {}), ['height']);
    assert.deepEqual(
      fieldsOf(museum.select('height', 'height.m'))[0],
      documentAt('x/y', { height: { m: 30, ft: 98 } }).fields,
    );
  });
});

describe("the SDK's recursive delete", () => {
  /** What recursive-delete.js of the SDK asks for a collection, page after page. */
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

  it('finds a collection with everything below it and no neighbour, without fields', () => {
    const first = descendants('a').run(documents);
    assert.deepEqual(pathsOf(first), ['a/__id5__', 'a/__id5__/s/t', 'a/1']);
    assert.deepEqual(pathsOf(descendants('a', 'a/1').run(documents)), ['a/2', 'a/2/sub/x']);
    assert.deepEqual(first[0]?.fields, {});
  });

  it('finds what is below a document, not itself', () => {
    const query = compileQuery(`${ROOT}/a/2`, { from: [{ allDescendants: true }] });
    assert.deepEqual(pathsOf(query.run(documents)), ['a/2/sub/x']);
  });
});
