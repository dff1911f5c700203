import assert from 'node:assert/strict';
import { FieldValue, Timestamp } from '@google-cloud/firestore';
import { rejectionOf, startTestFirestore, type TestFirestore } from './client.ts';

describe('embedded Firestore: commits', () => {
  let firestore: TestFirestore;
  before(async () => {
    firestore = await startTestFirestore();
  });
  after(() => firestore.stop());

  it('applies all writes or none', async () => {
    const db = firestore.connect();
    await db.doc('c/there').set({ n: 1 });
    await db.doc('c/too').set({ n: 1 });
    const batch = db.batch().set(db.doc('c/new'), {}).update(db.doc('c/there'), { n: 2 });
    batch.create(db.doc('c/too'), {});
    assert.equal((await rejectionOf(batch.commit())).code, 6);
    assert.equal((await db.doc('c/new').get()).exists, false);
    assert.equal((await db.doc('c/there').get()).get('n'), 1);
  });

  it('names the missing or existing document in the message of production', async () => {
    const db = firestore.connect();
    const { formattedName } = db.doc('c/x') as unknown as { formattedName: string };
    const missing = await rejectionOf(db.doc('c/x').update({ a: 1 }));
    assert.equal(missing.code, 5);
    assert.ok(missing.message.includes(`No document to update: ${formattedName}`));
    await db.doc('c/x').create({});
    const existing = await rejectionOf(db.doc('c/x').create({}));
    assert.equal(existing.code, 6);
    assert.ok(existing.message.includes(`Document already exists: ${formattedName}`));
    assert.equal((await rejectionOf(db.doc('c/none').delete({ exists: true }))).code, 5);
    await db.doc('c/none').delete();
  });

  it('checks the update time precondition of updates and deletes, also for missing documents', async () => {
    const db = firestore.connect();
    const ref = db.doc('c/x');
    const first = await ref.set({ n: 1 });
    const second = await ref.set({ n: 2 });
    assert.ok(second.writeTime > first.writeTime);
    const stale = { lastUpdateTime: first.writeTime };
    assert.equal((await rejectionOf(ref.update({ n: 3 }, stale))).code, 9);
    assert.equal((await rejectionOf(ref.delete(stale))).code, 9);
    assert.equal((await rejectionOf(db.doc('c/none').delete(stale))).code, 9);
    await ref.update({ n: 3 }, { lastUpdateTime: second.writeTime });
    assert.equal((await ref.get()).get('n'), 3);
  });

  it('applies later writes to the result of earlier ones in the same commit', async () => {
    const db = firestore.connect();
    const ref = db.doc('c/x');
    const batch = db
      .batch()
      .create(ref, { n: 1 })
      .update(ref, { m: 2 })
      .delete(ref)
      .create(ref, { last: true });
    const results = await batch.commit();
    assert.equal(results.length, 4);
    assert.deepEqual((await ref.get()).data(), { last: true });
  });

  it('rejects a commit in which earlier writes make a later one impossible', async () => {
    const db = firestore.connect();
    const ref = db.doc('c/x');
    await ref.set({});
    assert.equal((await rejectionOf(db.batch().update(ref, { a: 1 }).create(ref, {}).commit())).code, 3);
    assert.equal((await rejectionOf(db.batch().delete(ref).update(ref, { a: 1 }).commit())).code, 3);
    assert.deepEqual((await ref.get()).data(), {});
  });

  it('returns the last update time for every write of a document, even a deletion', async () => {
    const raw = firestore.raw();
    const name = raw.name('c/x');
    const { writeResults } = await raw.commit({ delete: name }, { update: { name, fields: {} } });
    assert.ok(writeResults[0].updateTime);
    assert.deepEqual(writeResults[0], writeResults[1]);
    assert.deepEqual((await raw.commit({ update: { name, fields: {} } }, { delete: name })).writeResults, [
      {},
      {},
    ]);
  });

  describe('with several writes of one document', () => {
    const exists = (value: boolean) => ({ currentDocument: { exists: value } });
    const table: [what: string, code: number | undefined, writes: (at: object) => object[]][] = [
      ['create, create', 3, () => [exists(false), exists(false)]],
      ['create, update', 6, () => [exists(false), exists(true)]],
      ['update time, then none', undefined, (at) => [{ currentDocument: at }, {}]],
      ['the same update time twice', undefined, (at) => [{ currentDocument: at }, { currentDocument: at }]],
      ['none, then an update time', 3, (at) => [{}, { currentDocument: at }]],
      [
        'another update time',
        3,
        (at) => [{ currentDocument: at }, { currentDocument: { updateTime: { seconds: '1' } } }],
      ],
      ['update time, then create', 3, (at) => [{ currentDocument: at }, exists(false)]],
    ];
    for (const [what, expected, writes] of table) {
      it(`${expected ? 'rejects' : 'accepts'} ${what}`, async () => {
        const raw = firestore.raw();
        const name = raw.name('c/x');
        const { writeResults } = await raw.commit({ update: { name, fields: {} } });
        const at = { updateTime: writeResults[0].updateTime };
        const commit = raw.commit(...writes(at).map((more) => ({ update: { name, fields: {} }, ...more })));
        const code = await commit.then(
          () => undefined,
          (error) => error.code,
        );
        assert.equal(code, expected);
      });
    }
  });

  it('rejects an update time that no document can have', async () => {
    const raw = firestore.raw();
    for (const updateTime of [
      { seconds: '5', nanos: 5 },
      { seconds: '5', nanos: -1 },
    ]) {
      const write = { update: { name: raw.name('c/x'), fields: {} }, currentDocument: { updateTime } };
      assert.equal((await rejectionOf(raw.commit(write))).code, 3);
    }
  });

  it('rejects a deletion or a transform with a mask or with further transforms', async () => {
    const raw = firestore.raw();
    const updateTransforms = [{ fieldPath: 'a', increment: { integerValue: '1' } }];
    const document = raw.name('c/x');
    for (const write of [
      { delete: document },
      { transform: { document, fieldTransforms: updateTransforms } },
    ]) {
      for (const more of [{ updateTransforms }, { updateMask: { fieldPaths: ['a'] } }]) {
        assert.equal((await rejectionOf(raw.commit({ ...write, ...more }))).code, 3);
      }
    }
  });

  it('has increasing times in microseconds, and keeps the update time if nothing changes', async () => {
    const db = firestore.connect();
    const ref = db.doc('c/x');
    const times: Timestamp[] = [];
    for (let i = 0; i < 20; i++) times.push((await db.doc('c/y').set({ i })).writeTime);
    assert.deepEqual(
      [...times].sort((a, b) => (a < b ? -1 : 1)),
      times,
    );
    assert.equal(new Set(times.map((time) => time.valueOf())).size, 20);
    assert.ok(times.every((time) => time.nanoseconds % 1000 === 0));
    const first = await ref.set({ a: [1, { b: 'x' }] });
    const same = await ref.set({ a: [1, { b: 'x' }] });
    assert.ok(same.writeTime.isEqual(first.writeTime));
    assert.ok((await ref.get()).updateTime?.isEqual(first.writeTime));
  });

  it('treats a change from integer to double as a change', async () => {
    const raw = firestore.raw();
    const write = (a: object) => raw.commit({ update: { name: raw.name('c/x'), fields: { a } } });
    const first = await write({ integerValue: '3' });
    const second = await write({ doubleValue: 3 });
    assert.notDeepEqual(first.writeResults[0].updateTime, second.writeResults[0].updateTime);
  });

  it('reports each write of a BulkWriter separately', async () => {
    const db = firestore.connect();
    await db.doc('c/there').set({});
    const writer = db.bulkWriter();
    const results = [
      writer.set(db.doc('c/a'), { n: 1 }),
      rejectionOf(writer.create(db.doc('c/there'), {})),
      rejectionOf(writer.update(db.doc('c/none'), { n: 1 })),
      writer.delete(db.doc('c/there')),
    ];
    await writer.close();
    const [set, create, update] = await Promise.all(results);
    assert.ok(set);
    assert.equal((create as { code: number }).code, 6);
    assert.equal((update as { code: number }).code, 5);
    assert.deepEqual(
      (await db.collection('c').get()).docs.map(({ id }) => id),
      ['a'],
    );
  });

  it('rejects a whole BatchWrite for an invalid value', async () => {
    const raw = firestore.raw();
    const write = (id: string, a: object) => ({ update: { name: raw.name(`c/${id}`), fields: { a } } });
    const request = { database: raw.database, writes: [write('x', { nullValue: 0 }), write('y', {})] };
    assert.equal((await rejectionOf(raw.call('BatchWrite', request))).code, 3);
    assert.equal((await rejectionOf(raw.call('GetDocument', { name: raw.name('c/x') }))).code, 5);
  });

  it('rejects a BatchWrite that writes a document twice', async () => {
    const raw = firestore.raw();
    const write = { update: { name: raw.name('c/x'), fields: {} } };
    const request = { database: raw.database, writes: [write, write] };
    assert.equal((await rejectionOf(raw.call('BatchWrite', request))).code, 3);
  });

  it('deletes a document recursively', async () => {
    const db = firestore.connect();
    for (const path of ['a/1', 'a/1/b/2', 'a/1/b/2/c/3', 'a/2', 'b/1']) await db.doc(path).set({});
    await db.recursiveDelete(db.doc('a/1'));
    assert.deepEqual(
      (
        await Promise.all(['a/1', 'a/1/b/2', 'a/1/b/2/c/3', 'a/2', 'b/1'].map((path) => db.doc(path).get()))
      ).map(({ exists }) => exists),
      [false, false, false, true, true],
    );
  });

  it('sets the same server timestamp in all fields of a commit', async () => {
    const db = firestore.connect();
    const batch = db.batch();
    for (const id of ['a', 'b'])
      batch.set(db.doc(`c/${id}`), {
        at: FieldValue.serverTimestamp(),
        in: { it: FieldValue.serverTimestamp() },
      });
    await batch.commit();
    const { docs } = await db.collection('c').get();
    const times = docs.flatMap((document) => [document.get('at'), document.get('in.it')] as Timestamp[]);
    assert.equal(new Set(times.map((time) => time.valueOf())).size, 1);
    assert.ok(times[0] instanceof Timestamp && times[0].nanoseconds % 1_000_000 === 0);
  });
});
