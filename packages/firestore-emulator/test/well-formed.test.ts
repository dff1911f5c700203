import assert from 'node:assert/strict';
import { type RawClient, rejectionOf, startTestFirestore, type TestFirestore } from './client.ts';

/** Half of a surrogate pair: no character, so it has no UTF-8 form. */
const HALF = '\ud800';

describe('embedded Firestore: strings that are not well-formed Unicode', () => {
  let firestore: TestFirestore;
  before(async () => {
    firestore = await startTestFirestore();
  });
  after(() => firestore.stop());

  const write = (fields: object) => (raw: RawClient) =>
    raw.commit({ update: { name: raw.name('c/d'), fields } });
  const query = (more: object) => (raw: RawClient) =>
    raw.stream('RunQuery', {
      parent: raw.documents,
      structuredQuery: { from: [{ collectionId: 'c' }], ...more },
    });
  const where = (fieldPath: string, stringValue: string) =>
    query({ where: { fieldFilter: { field: { fieldPath }, op: 'EQUAL', value: { stringValue } } } });
  const text = { stringValue: `a${HALF}` };

  const calls: [string, (raw: RawClient) => Promise<unknown>][] = [
    ['a value', write({ a: text })],
    ['a low surrogate', write({ a: { stringValue: '\udc00' } })],
    ['a pair in the wrong order', write({ a: { stringValue: '\udc00\ud800' } })],
    ['a value in a map', write({ a: { mapValue: { fields: { b: text } } } })],
    ['a value in a list', write({ a: { arrayValue: { values: [text] } } })],
    ['a field name', write({ [HALF]: { nullValue: 0 } })],
    ['a key of a map', write({ a: { mapValue: { fields: { [HALF]: { nullValue: 0 } } } } })],
    ['a collection id', query({ from: [{ collectionId: HALF }] })],
    ['a filter', where('a', HALF)],
    ['a field path', where(`\`${HALF}\``, 'x')],
    ['a cursor', query({ orderBy: [{ field: { fieldPath: 'a' } }], startAt: { values: [text] } })],
    [
      'a document id',
      (raw) =>
        raw.call('CreateDocument', {
          parent: raw.documents,
          collectionId: 'c',
          documentId: HALF,
          document: {},
        }),
    ],
    [
      'a page token',
      (raw) => raw.call('ListDocuments', { parent: raw.documents, collectionId: 'c', pageToken: HALF }),
    ],
  ];
  for (const [what, call] of calls) {
    it(`rejects ${what} with a code that the SDK does not retry`, async () => {
      const { code, message } = await rejectionOf(call(firestore.raw()));
      assert.equal(code, 3);
      assert.match(message, /deserialization of the request/);
    });
  }

  it('rejects a whole commit, so that its other writes are not applied', async () => {
    const raw = firestore.raw();
    const update = (id: string, a: object) => ({ update: { name: raw.name(`c/${id}`), fields: { a } } });
    assert.equal(
      (await rejectionOf(raw.commit(update('one', { nullValue: 0 }), update('two', text)))).code,
      3,
    );
    assert.equal((await rejectionOf(raw.call('GetDocument', { name: raw.name('c/one') }))).code, 5);
  });

  it('fails at once in the SDK', async () => {
    const { code } = await rejectionOf(firestore.connect().doc('c/d').set({ a: HALF }));
    assert.equal(code, 3);
  });

  it('stores every character, and U+FFFD where the SDK replaces half a pair in a long string', async () => {
    const ref = firestore.connect().doc('c/d');
    const all = '\u0000\u00e9\u2028\ufeff\ufffd\ud83d\ude00\udbff\udfff';
    await ref.set({ all, long: `${'x'.repeat(40)}${HALF}` });
    assert.deepEqual((await ref.get()).data(), { all, long: `${'x'.repeat(40)}\ufffd` });
  });
});
