import assert from 'node:assert/strict';
import { type RawClient, rejectionOf, startTestFirestore, type TestFirestore } from './client.ts';

const text = (length: number) => ({ stringValue: 'x'.repeat(length) });

describe('embedded Firestore: limits', () => {
  let firestore: TestFirestore;
  let raw: RawClient;
  before(async () => {
    firestore = await startTestFirestore();
  });
  after(() => firestore.stop());
  beforeEach(() => {
    raw = firestore.raw();
  });

  const write = (fields: object, path = 'c/d') => raw.commit({ update: { name: raw.name(path), fields } });

  it('accepts a document of 1 MiB and rejects one byte more', async () => {
    // 32 + name (16 + "c" 2 + "d" 2) + "a" 2 + "b" 2 + one byte for each of the two strings
    const rest = 1_048_576 - 32 - 20 - 4 - 2 - 500_000;
    await write({ a: text(500_000), b: text(rest) });
    const error = await rejectionOf(write({ a: text(500_000), b: text(rest + 1) }));
    assert.equal(error.code, 3);
    assert.match(error.message, /\(1,048,577 bytes\) exceeds the maximum allowed size of 1,048,576 bytes/);
  });

  it('counts what a transform adds to the size', async () => {
    await write({ a: text(500_000) });
    const values = [text(548_600)];
    const fieldTransforms = [{ fieldPath: 'l', appendMissingElements: { values } }];
    const error = await rejectionOf(
      raw.commit({ transform: { document: raw.name('c/d'), fieldTransforms } }),
    );
    assert.match(error.message, /exceeds the maximum/);
  });

  it('rejects a request of more than 10 MiB with a code that the SDK does not retry', async () => {
    const writes = Array.from({ length: 11 }, (_, i) => ({
      update: { name: raw.name(`c/${i}`), fields: { a: text(1_000_000) } },
    }));
    assert.equal((await rejectionOf(raw.commit(...writes))).code, 3);
    await raw.commit(...writes.slice(0, 10));
  });

  const invalidNames = ['c', 'c/d/e', 'c/..', 'c/.', 'c/__x__', '__c__/d', `c/${'x'.repeat(1501)}`];
  for (const path of invalidNames) {
    it(`rejects the document name ${path.slice(0, 20)}`, async () => {
      assert.equal((await rejectionOf(write({}, path))).code, 3);
    });
  }

  for (const name of ['', '__f__', '__proto__', 'x'.repeat(1501)]) {
    it(`rejects the field name "${name.slice(0, 20)}"`, async () => {
      const fields = Object.fromEntries([[name, text(1)]]);
      assert.equal((await rejectionOf(write(fields))).code, 3);
      assert.equal((await rejectionOf(write({ m: { mapValue: { fields } } }))).code, 3);
    });
  }

  it('rejects arrays in arrays, values without a type, and 22 levels', async () => {
    const nest = (levels: number): object =>
      levels === 0 ? text(1) : { mapValue: { fields: { a: nest(levels - 1) } } };
    await write({ a: nest(19) });
    for (const value of [{ arrayValue: { values: [{ arrayValue: {} }] } }, {}, nest(21)]) {
      assert.equal((await rejectionOf(write({ a: value }))).code, 3);
    }
  });

  it('rejects timestamps, geo points and references that are out of range', async () => {
    const invalid = [
      { timestampValue: { seconds: '253402300800' } },
      { timestampValue: { seconds: '-62135596801' } },
      { geoPointValue: { latitude: 90.5 } },
      { geoPointValue: { longitude: Number.NaN } },
      { referenceValue: 'nonsense' },
    ];
    for (const value of invalid) assert.equal((await rejectionOf(write({ a: value }))).code, 3);
    await write({ a: { timestampValue: { seconds: '253402300799', nanos: 1_234_567 } } });
    const { fields } = await raw.call('GetDocument', { name: raw.name('c/d') });
    assert.equal(fields.a.timestampValue.nanos, 1_234_000);
  });

  it('rejects more than 500 transforms of one document in a commit', async () => {
    const transforms = (count: number) =>
      Array.from({ length: count }, (_, i) => ({ fieldPath: `f${i}`, increment: { integerValue: '1' } }));
    const update = { name: raw.name('c/d'), fields: {} };
    await raw.commit({ update, updateTransforms: transforms(500) });
    const writes = [250, 251].map((count) => ({ update, updateTransforms: transforms(count) }));
    assert.equal((await rejectionOf(raw.commit(...writes))).code, 3);
  });

  it('accepts more than 500 writes in a commit', async () => {
    const writes = Array.from({ length: 501 }, (_, i) => ({
      update: { name: raw.name(`c/${i}`), fields: {} },
    }));
    assert.equal((await raw.commit(...writes)).writeResults.length, 501);
  });

  it('rejects masks that are not field paths', async () => {
    for (const path of ['a..b', '', '1a', 'a b', '`a']) {
      const update = { name: raw.name('c/d'), fields: {} };
      assert.equal((await rejectionOf(raw.commit({ update, updateMask: { fieldPaths: [path] } }))).code, 3);
    }
  });

  it('rejects an empty write, a document of another database, and a missing database name', async () => {
    assert.equal((await rejectionOf(raw.commit({}))).code, 3);
    assert.equal((await rejectionOf(raw.commit({ delete: firestore.raw().name('c/d') }))).code, 3);
    assert.equal((await rejectionOf(raw.call('Commit', { writes: [] }))).code, 3);
  });
});
