import assert from 'node:assert/strict';
import type { FieldTransform } from '../messages.ts';
import { applyTransform } from '../transform.ts';
import type { Value } from '../value.ts';
import { rejectionOf, startTestFirestore, type TestFirestore } from './client.ts';

const integer = (value: number | bigint): Value => ({ integerValue: String(value) });
const double = (value: number): Value => ({ doubleValue: value });
const list = (...values: Value[]): Value => ({ arrayValue: { values } });

const MAX = 2n ** 63n - 1n;
const MIN = -(2n ** 63n);

function transformed(
  old: Value | undefined,
  transform: Omit<FieldTransform, 'fieldPath'>,
): Value | undefined {
  const { fields } = applyTransform(
    old ? { f: old } : {},
    { fieldPath: 'f', ...transform },
    1_700_000_000_123_456,
  );
  return fields.f;
}

describe('embedded Firestore: field transforms', () => {
  const cases: [string, Value | undefined, Omit<FieldTransform, 'fieldPath'>, Value][] = [
    ['sets a missing field to the increment', undefined, { increment: integer(5) }, integer(5)],
    ['replaces a value that is not a number', { stringValue: 'x' }, { increment: integer(5) }, integer(5)],
    [
      'adds integers beyond 2^53 exactly',
      integer(2n ** 60n),
      { increment: integer(1) },
      integer(2n ** 60n + 1n),
    ],
    ['clamps to the largest integer', integer(MAX), { increment: integer(1) }, integer(MAX)],
    ['clamps to the smallest integer', integer(MIN), { increment: integer(-1) }, integer(MIN)],
    ['returns a double for an integer plus a double', integer(1), { increment: double(0.5) }, double(1.5)],
    ['returns a double for a double plus an integer', double(1), { increment: integer(1) }, double(2)],
    ['keeps a larger stored number for maximum', integer(3), { maximum: integer(2) }, integer(3)],
    ['takes a larger number with its type for maximum', integer(3), { maximum: double(3.5) }, double(3.5)],
    ['keeps the stored number if both are equal', integer(3), { maximum: double(3) }, integer(3)],
    ['keeps a stored zero of either sign', double(0), { minimum: double(-0) }, double(0)],
    ['takes a smaller number for minimum', integer(3), { minimum: double(-1) }, double(-1)],
    [
      'compares exactly beyond 2^53',
      double(2 ** 60),
      { maximum: integer(2n ** 60n + 1n) },
      integer(2n ** 60n + 1n),
    ],
    ['takes NaN for maximum', integer(3), { maximum: double(Number.NaN) }, double(Number.NaN)],
    ['keeps NaN for minimum', double(Number.NaN), { minimum: integer(3) }, double(Number.NaN)],
    [
      'appends missing elements once',
      list(integer(1)),
      { appendMissingElements: { values: [double(1), integer(2), integer(2)] } },
      list(integer(1), integer(2)),
    ],
    [
      'replaces a value that is not an array when it appends',
      integer(1),
      { appendMissingElements: { values: [integer(2)] } },
      list(integer(2)),
    ],
    [
      'removes all equal elements',
      list(integer(1), double(1), integer(2)),
      { removeAllFromArray: { values: [integer(1)] } },
      list(integer(2)),
    ],
    [
      'creates an empty array when it removes from a missing field',
      undefined,
      { removeAllFromArray: {} },
      list(),
    ],
    [
      'sets the server time in whole milliseconds',
      undefined,
      { setToServerValue: 'REQUEST_TIME' },
      { timestampValue: { seconds: '1700000000', nanos: 123_000_000 } },
    ],
  ];
  for (const [name, old, transform, expected] of cases) {
    it(name, () => assert.deepEqual(transformed(old, transform), expected));
  }

  describe('over gRPC', () => {
    let firestore: TestFirestore;
    before(async () => {
      firestore = await startTestFirestore();
    });
    after(() => firestore.stop());

    it('returns the new number, and null for an array', async () => {
      const raw = firestore.raw();
      const fieldTransforms = [
        { fieldPath: 'n', increment: integer(2) },
        { fieldPath: 'n', increment: integer(3) },
        { fieldPath: 'l.`x y`', appendMissingElements: { values: [integer(1)] } },
      ];
      const write = { transform: { document: raw.name('c/t'), fieldTransforms } };
      const { writeResults } = await raw.commit(write);
      const [first, second, third] = writeResults[0].transformResults;
      assert.equal(first.integerValue, '2');
      assert.equal(second.integerValue, '5');
      assert.equal(third.nullValue, 'NULL_VALUE');
      const { fields } = await raw.call('GetDocument', { name: raw.name('c/t') });
      assert.equal(fields.l.mapValue.fields['x y'].arrayValue.values.length, 1);
    });

    it('rejects transforms of a field and a field nested in it', async () => {
      const raw = firestore.raw();
      const add = (fieldPath: string) => ({ fieldPath, increment: integer(1) });
      const write = (...paths: string[]) =>
        raw.commit({ transform: { document: raw.name('c/t'), fieldTransforms: paths.map(add) } });
      await write('a.b', 'a.c', 'ab');
      assert.equal((await rejectionOf(write('a.b.c', 'x', 'a.b'))).code, 3);
    });

    it('rejects to remove a value without a type', async () => {
      const raw = firestore.raw();
      const fieldTransforms = [{ fieldPath: 'a', removeAllFromArray: { values: [{}] } }];
      const write = { transform: { document: raw.name('c/t'), fieldTransforms } };
      assert.equal((await rejectionOf(raw.commit(write))).code, 3);
    });

    it('rejects a transform without operation, and an increment that is not a number', async () => {
      const raw = firestore.raw();
      const document = raw.name('c/t');
      for (const fieldTransforms of [
        [],
        [{ fieldPath: 'a' }],
        [{ fieldPath: 'a', increment: { stringValue: '1' } }],
      ]) {
        assert.equal((await rejectionOf(raw.commit({ transform: { document, fieldTransforms } }))).code, 3);
      }
    });
  });
});
