import assert from 'node:assert/strict';
import fc from 'fast-check';
import { getField } from '../fields.ts';
import {
  checkDocumentName,
  compareNames,
  formatFieldPath,
  parseDocumentName,
  parseFieldPath,
} from '../path.ts';
import { firestoreService } from '../proto.ts';
import { FirestoreError } from '../status.ts';
import { compareUtf8 } from '../utf8.ts';
import { compareValues, equalValues, type Value } from '../value.ts';
import { checkFields } from '../value-check.ts';
import { documentSize, valueSize } from '../value-size.ts';
import { double, encode, encodeFields, int, list, map, NAN, NULL, ROOT, ref, text } from './query-helpers.ts';

const vector = (...numbers: number[]) =>
  map({ __type__: text('__vector__'), value: list(...numbers.map(double)) });
const time = (seconds: string, nanos: number): Value => ({ timestampValue: { seconds, nanos } });
const bytes = (...octets: number[]): Value => ({ bytesValue: Buffer.from(octets) });
const geo = (latitude?: number, longitude?: number): Value => ({
  geoPointValue: { ...(latitude && { latitude }), ...(longitude && { longitude }) },
});

/** The documented order. Values on one line are equal. */
const ORDER: Value[][] = [
  [NULL],
  [encode(false)],
  [encode(true)],
  [NAN],
  [double(Number.NEGATIVE_INFINITY)],
  [int('-9223372036854775808'), double(-(2 ** 63))],
  [double(-0.5)],
  [int(0), double(0), double(-0)],
  [double(5e-324)],
  [int(3), double(3)],
  [int('9007199254740992'), double(2 ** 53)],
  [int('9007199254740993')],
  [int('9223372036854775807')],
  [double(2 ** 63)],
  [double(Number.POSITIVE_INFINITY)],
  [time('-5', 0)],
  [{ timestampValue: {} }, time('0', 0)],
  [time('0', 1000)],
  [time('10', 0)],
  [text('')],
  [text('A')],
  [text('a')],
  [text('aa')],
  [text('é')],
  [text('\uffff')],
  [text('😀')],
  [bytes()],
  [bytes(1, 2)],
  [bytes(200)],
  [ref('a/__id-9223372036854775808__')],
  [ref('a/__id7__')],
  [ref('a/__id10__')],
  [ref('a/b')],
  [ref('a/b/c/d')],
  [ref('a/b!')],
  [ref('a\0/b')],
  [geo(-1, 50)],
  [{ geoPointValue: {} }],
  [geo(0, 1)],
  [geo(1, -90)],
  [list()],
  [encode([1, 2, 3]), list(double(1), int(2), double(3))],
  [encode([1, 2, 3, 1])],
  [encode([2])],
  [vector(9)],
  [vector(1, 2)],
  [vector(1, 3)],
  [map({})],
  [encode({ a: 'aaa', b: 'baz' }), encode({ b: 'baz', a: 'aaa' })],
  [encode({ a: 'foo', b: 'bar' })],
  [encode({ a: 'foo', b: 'bar', c: 'qux' })],
  [encode({ a: 'foo', b: 'baz' })],
  [encode({ b: 'aaa', c: 'baz' })],
  [encode({ c: 'aaa' })],
];

const values = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(...ORDER.flat()),
    fc.double().map(double),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((n) => int(String(n))),
    fc.string({ unit: 'grapheme' }).map(text),
    fc.array(tie('value'), { maxLength: 3 }).map((all) => list(...all)),
    fc.dictionary(fc.constantFrom('a', 'b', 'é', '😀', '\uffff'), tie('value'), { maxKeys: 3 }).map(map),
  ),
})).value;

describe('embedded Firestore: order of values', () => {
  it('is the documented order, across and within types', () => {
    for (const [i, left] of ORDER.entries()) {
      for (const [j, right] of ORDER.entries()) {
        for (const a of left) {
          for (const b of right) {
            assert.equal(compareValues(a, b), Math.sign(i - j), `${JSON.stringify(a)} ${JSON.stringify(b)}`);
            assert.equal(equalValues(a, b), i === j);
          }
        }
      }
    }
  });

  it('is a total order', () => {
    fc.assert(
      fc.property(values, values, values, (a, b, c) => {
        assert.ok(compareValues(a, a) === 0);
        assert.ok(compareValues(a, b) + compareValues(b, a) === 0);
        const [low, middle, high] = [a, b, c].sort(compareValues);
        assert.ok(low && middle && high && compareValues(low, high) <= 0);
        if (equalValues(low, high)) assert.ok(equalValues(low, middle));
      }),
      { numRuns: 3000 },
    );
  });

  it('compares strings by their UTF-8 bytes', () => {
    const unicode = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(unicode, unicode, (a, b) => {
        assert.equal(compareUtf8(a, b), Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('embedded Firestore: size of values', () => {
  it('is that of the documented example', () => {
    const fields = encodeFields({
      type: 'Personal',
      done: false,
      priority: 1,
      description: 'Learn Cloud Firestore',
    });
    assert.equal(documentSize(`${ROOT}/users/jeff/tasks/my_task_id`, fields), 147);
  });

  const sizes: [string, Value, number][] = [
    ['null', NULL, 1],
    ['a boolean', encode(true), 1],
    ['an integer', int(7), 8],
    ['a double', double(0.5), 8],
    ['a timestamp', time('1', 0), 8],
    ['a string beyond ASCII', text('é😀'), 7],
    ['bytes', bytes(1, 2, 3), 3],
    ['a reference', ref('users/jeff'), 6 + 5 + 16],
    ['a numeric id', ref('users/__id7__'), 6 + 8 + 16],
    ['a geo point', geo(1, 2), 16],
    ['an array', encode([1, 'a', null]), 8 + 2 + 1],
    ['a vector', vector(1, 2, 3), 24],
    ['a map', encode({ ab: 1 }), 3 + 8 + 32],
  ];
  for (const [what, value, size] of sizes) {
    it(`counts ${size} bytes for ${what}`, () => assert.equal(valueSize(value), size));
  }
});

describe('embedded Firestore: field paths', () => {
  const valid: [string, string[]][] = [
    ['a', ['a']],
    ['a.b_1.__name__', ['a', 'b_1', '__name__']],
    ['`a.b`.c', ['a.b', 'c']],
    ['a.`1`.`x-y`', ['a', '1', 'x-y']],
    ['`back\\`tick`.`back\\\\slash`', ['back`tick', 'back\\slash']],
    ['`line\nend`', ['line\nend']],
  ];
  for (const [path, segments] of valid) {
    it(`parses ${JSON.stringify(path)}`, () => assert.deepEqual(parseFieldPath(path), segments));
  }
  for (const path of ['', '.', 'a.', '.a', 'a..b', '1a', 'a-b', '`a', 'a`b`', '``', 'a b', '`a`b']) {
    it(`rejects ${JSON.stringify(path)}`, () => assert.throws(() => parseFieldPath(path), { code: 3 }));
  }

  it('parses every formatted path to the same path', () => {
    const name = fc.string({ unit: 'grapheme', minLength: 1 });
    fc.assert(
      fc.property(fc.array(name, { minLength: 1 }), (path) => {
        assert.deepEqual(parseFieldPath(formatFieldPath(path)), path);
      }),
    );
  });

  it('resolves paths through maps and own properties only', () => {
    const fields = encodeFields({ a: { 'b.c': 1 }, s: 'text' });
    assert.deepEqual(getField(fields, ['a', 'b.c']), int(1));
    for (const path of [['a', 'b'], ['s', 'length'], ['constructor'], ['toString', 'name']]) {
      assert.equal(getField(fields, path), undefined);
    }
  });
});

describe('embedded Firestore: document names', () => {
  it('parses a document name', () => {
    assert.deepEqual(parseDocumentName(`${ROOT}/a/b/c/d`), {
      projectId: 'demo',
      databaseId: '(default)',
      root: ROOT,
      segments: ['a', 'b', 'c', 'd'],
      collectionId: 'c',
      id: 'd',
      parent: `${ROOT}/a/b`,
    });
    assert.equal(parseDocumentName(`${ROOT}/a/b`).parent, ROOT);
  });

  const long = 'é'.repeat(751);
  for (const path of [
    '',
    '/a',
    '/a/',
    '/a/b/c',
    '//b',
    '/a/.',
    '/a/..',
    '/a/__x__',
    '/__c__/d',
    '/__id5__/d',
    '/a/__id0__',
    '/a/__id05__',
    '/a/__id-0__',
    '/a/__id9223372036854775808__',
    `/a/${long}`,
  ]) {
    it(`rejects the path ${JSON.stringify(path.slice(0, 20))}`, () => {
      assert.throws(() => checkDocumentName(ROOT + path), FirestoreError);
    });
  }
  it('accepts other names', () => {
    for (const path of [
      'a/b',
      'a/__id12__',
      'a/__id-9223372036854775808__',
      'a/____',
      'a/...',
      'a/_x_',
      `a/${'é'.repeat(750)}`,
      'a/😀 b',
      'a/\n',
    ]) {
      checkDocumentName(`${ROOT}/${path}`);
    }
  });

  it('compares names segment by segment', () => {
    assert.equal(compareNames(`${ROOT}/a/b/c/d`, `${ROOT}/a/b!`), -1);
    assert.equal(compareNames(`${ROOT}/a/b`, `${ROOT}/a/b/c/d`), -1);
  });
});

describe('embedded Firestore: stored fields', () => {
  const nest = (levels: number): object => (levels === 1 ? { x: 1 } : { x: nest(levels - 1) });
  const invalid: [string, Record<string, Value>][] = [
    ['an empty name', encodeFields({ '': 1 })],
    ['a reserved name', encodeFields({ a: { __x__: 1 } })],
    ['a name of 1501 bytes', encodeFields({ ['x'.repeat(1501)]: 1 })],
    ['an array in an array', encodeFields({ a: [[1]] })],
    ['22 levels', encodeFields(nest(22))],
  ];
  for (const [what, fields] of invalid) {
    it(`rejects ${what}`, () => assert.throws(() => checkFields(fields), { code: 3 }));
  }
  const invalidVectors: [string, Value][] = [
    ['without value', map({ __type__: text('__vector__') })],
    ['without elements', vector()],
    ['of integers', map({ __type__: text('__vector__'), value: list(int(1)) })],
    ['with another field', map({ __type__: text('__vector__'), value: list(double(1)), x: int(1) })],
    ['of 2049 dimensions', vector(...Array(2049).fill(1))],
    ['in an array', list(vector(1))],
  ];
  for (const [what, a] of invalidVectors) {
    it(`rejects a vector ${what}`, () => assert.throws(() => checkFields({ a }), { code: 3 }));
  }
  it('accepts 21 levels, of which 20 are maps, vectors, and arrays in maps in arrays', () => {
    checkFields(encodeFields(nest(21)));
    checkFields({ v: vector(1, 2), large: vector(...Array(2048).fill(1)), a: encode([{ b: [1] }]) });
  });
});

describe('embedded Firestore: encoded values', () => {
  it('keeps the type of a value that equals a default', () => {
    const runQuery = firestoreService.BatchGetDocuments;
    assert.ok(runQuery);
    const fields = {
      zero: int(0),
      nought: double(0),
      nan: NAN,
      empty: text(''),
      no: encode(false),
      none: NULL,
      epoch: { timestampValue: {} },
      island: { geoPointValue: {} },
      nothing: bytes(),
      list: { arrayValue: {} },
      map: { mapValue: {} },
      large: int('9223372036854775807'),
    };
    const sent = runQuery.responseSerialize({ found: { name: ROOT, fields } });
    const got = runQuery.responseDeserialize(sent) as { found: { fields: Record<string, Value> } };
    for (const [name, value] of Object.entries(fields)) {
      const back = got.found.fields[name];
      assert.ok(back);
      assert.equal(compareValues(back, value), 0, name);
      assert.equal(back.valueType, Object.keys(value)[0]);
    }
  });
});
