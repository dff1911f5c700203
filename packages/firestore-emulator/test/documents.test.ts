import assert from 'node:assert/strict';
import { FieldPath, GeoPoint, Timestamp } from '@google-cloud/firestore';
import { rejectionOf, startTestFirestore, type TestFirestore } from './client.ts';

describe('embedded Firestore: documents', () => {
  let firestore: TestFirestore;
  before(async () => {
    firestore = await startTestFirestore();
  });
  after(() => firestore.stop());

  it('returns values of every type as they were written', async () => {
    const db = firestore.connect();
    const ref = db.doc('kinds/all');
    const written = {
      nothing: null,
      yes: true,
      no: false,
      zero: 0,
      integer: Number.MAX_SAFE_INTEGER,
      double: 1.5,
      odd: [Number.NaN, Number.POSITIVE_INFINITY, -0],
      text: 'Grüße 🎡',
      empty: '',
      bytes: Buffer.from([0, 255]),
      at: Timestamp.fromMillis(1234),
      place: new GeoPoint(0, -7.5),
      friend: db.doc('kinds/other'),
      emptyMap: {},
      emptyList: [],
      map: { 'a.b': { c: [1, { d: 2 }] }, constructor: 'x' },
    };
    await ref.set(written);
    const snapshot = await ref.get();
    assert.deepEqual(snapshot.data(), written);
    assert.ok(snapshot.createTime?.isEqual(snapshot.updateTime as Timestamp));
    assert.ok(snapshot.readTime >= (snapshot.updateTime as Timestamp));
  });

  it('gets several documents at once, including missing ones, with a field mask', async () => {
    const db = firestore.connect();
    await db.doc('a/1').set({ x: 1, y: { z: 2, w: 3 } });
    const [one, none, again] = await db.getAll(db.doc('a/1'), db.doc('a/2'), db.doc('a/1'), {
      fieldMask: ['y.z'],
    });
    assert.deepEqual(one?.data(), { y: { z: 2 } });
    assert.equal(none?.exists, false);
    assert.deepEqual(again?.data(), { y: { z: 2 } });
  });

  it('merges by field mask: nested fields, quoted names and deleted fields', async () => {
    const db = firestore.connect();
    const ref = db.doc('m/1');
    await ref.set({ keep: 1, map: { a: 1, b: 2, 'c.d': 3 }, gone: true });
    const { FieldValue } = await import('@google-cloud/firestore');
    await ref.update(
      'map.a',
      10,
      new FieldPath('map', 'c.d'),
      30,
      'gone',
      FieldValue.delete(),
      'new.deep',
      'x',
    );
    assert.deepEqual((await ref.get()).data(), {
      keep: 1,
      map: { a: 10, b: 2, 'c.d': 30 },
      new: { deep: 'x' },
    });
    await ref.set({ map: { b: FieldValue.delete() }, keep: 2 }, { mergeFields: ['map.b', 'keep'] });
    assert.deepEqual((await ref.get()).data(), { keep: 2, map: { a: 10, 'c.d': 30 }, new: { deep: 'x' } });
    await ref.set({ only: 1 });
    assert.deepEqual((await ref.get()).data(), { only: 1 });
  });

  it('lists documents and collections, including missing documents with subcollections', async () => {
    const db = firestore.connect();
    await db.doc('countries/a').set({});
    await db.doc('countries/missing/lakes/1').set({});
    await db.doc('countries/a/cities/1').set({});
    await db.doc('users/1').set({});
    assert.deepEqual(
      (await db.collection('countries').listDocuments()).map(({ id }) => id),
      ['a', 'missing'],
    );
    assert.deepEqual((await db.listCollections()).map(({ id }) => id).sort(), ['countries', 'users']);
    assert.deepEqual(
      (await db.doc('countries/missing').listCollections()).map(({ id }) => id),
      ['lakes'],
    );
    await db.doc('countries/missing/lakes/1').delete();
    assert.deepEqual(await db.doc('countries/missing').listCollections(), []);
  });

  it('returns each document of a paged listing exactly once', async () => {
    const raw = firestore.raw();
    const ids = Array.from({ length: 7 }, (_, i) => `d${i}`);
    await raw.commit(...ids.map((id) => ({ update: { name: raw.name(`c/${id}`), fields: {} } })));
    const seen: string[] = [];
    let pageToken: string | undefined;
    do {
      const request = { parent: raw.documents, collectionId: 'c', pageSize: 3, pageToken };
      const page = await raw.call('ListDocuments', request);
      seen.push(...page.documents.map(({ name }: { name: string }) => name.split('/').at(-1)));
      pageToken = page.nextPageToken;
    } while (pageToken);
    assert.deepEqual(seen, ids);
  });

  it('rejects reads of names that no document can have, and page tokens of another listing', async () => {
    const raw = firestore.raw();
    await raw.commit(
      ...['c/a', 'c/b', 'd/a'].map((path) => ({ update: { name: raw.name(path), fields: {} } })),
    );
    const list = (more: object) =>
      raw.call('ListDocuments', { parent: raw.documents, collectionId: 'c', pageSize: 1, ...more });
    const { nextPageToken: pageToken } = await list({});
    const [get, ids] = ['GetDocument', 'ListCollectionIds'].map(
      (method) => (request: object) => raw.call(method, request),
    );
    assert.ok(get && ids);
    const refused = [
      get({ name: raw.name('c/__x__') }),
      get({ name: raw.name('__x__/d') }),
      get({ name: raw.name('c/..') }),
      get({ name: raw.name('c/a'), mask: { fieldPaths: ['__x__'] } }),
      list({ pageToken: 'zz' }),
      list({ pageToken, collectionId: 'd' }),
      list({ collectionId: '__x__' }),
      list({ parent: raw.name('c') }),
      ids({ parent: raw.documents, pageToken }),
      ids({ parent: raw.name('c') }),
      raw.call('CreateDocument', {
        parent: raw.documents,
        collectionId: 'c',
        document: { name: raw.name('c/z') },
      }),
    ];
    for (const call of refused) assert.equal((await rejectionOf(call)).code, 3);
  });

  it('creates, updates, gets and deletes single documents', async () => {
    const raw = firestore.raw();
    const fields = { a: { stringValue: 'x' }, b: { integerValue: '1' } };
    const request = { parent: raw.documents, collectionId: 'c', documentId: 'one', document: { fields } };
    const created = await raw.call('CreateDocument', request);
    assert.equal(created.name, raw.name('c/one'));
    assert.equal((await rejectionOf(raw.call('CreateDocument', request))).code, 6);
    const named = await raw.call('CreateDocument', { ...request, documentId: '' });
    assert.match(named.name, /\/c\/[0-9a-z]{20}$/i);
    const updated = await raw.call('UpdateDocument', {
      document: { name: created.name, fields: { a: { stringValue: 'y' } } },
      updateMask: { fieldPaths: ['a'] },
      mask: { fieldPaths: ['a'] },
    });
    assert.equal(updated.fields.a.stringValue, 'y');
    assert.equal(updated.fields.b, undefined);
    const read = await raw.call('GetDocument', { name: created.name });
    assert.equal(read.fields.b.integerValue, '1');
    await raw.call('DeleteDocument', { name: created.name });
    assert.equal((await rejectionOf(raw.call('GetDocument', { name: created.name }))).code, 5);
  });

  it('partitions a collection group without losing a document', async () => {
    const db = firestore.connect();
    const batch = db.batch();
    for (let i = 0; i < 40; i++) batch.set(db.doc(`countries/${i % 3}/users/${i}`), { i });
    await batch.commit();
    const seen: number[] = [];
    let partitions = 0;
    for await (const partition of db.collectionGroup('users').getPartitions(4)) {
      partitions++;
      for (const document of (await partition.toQuery().get()).docs) seen.push(document.get('i'));
    }
    assert.equal(partitions, 4);
    assert.deepEqual(
      seen.sort((a, b) => a - b),
      Array.from({ length: 40 }, (_, i) => i),
    );
  });

  it('computes count, sum and average', async () => {
    const db = firestore.connect();
    for (const n of [1, 2, 6]) await db.doc(`n/${n}`).set({ n });
    const { AggregateField } = await import('@google-cloud/firestore');
    const aggregate = await db
      .collection('n')
      .where('n', '>', 1)
      .aggregate({
        count: AggregateField.count(),
        sum: AggregateField.sum('n'),
        mean: AggregateField.average('n'),
      })
      .get();
    assert.deepEqual(aggregate.data(), { count: 2, sum: 8, mean: 4 });
  });

  it('separates projects', async () => {
    const one = firestore.connect();
    await one.doc('c/d').set({ of: 'one' });
    assert.equal((await firestore.connect().doc('c/d').get()).exists, false);
  });
});
