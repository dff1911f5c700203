import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Firestore, QuerySnapshot } from '@google-cloud/firestore';
import { rejectionOf, startTestFirestore, type TestFirestore } from './client.ts';

const IDS = ['(default)', 'second', 'third-database'];

describe('embedded Firestore: databases of one project', () => {
  let firestore: TestFirestore;
  let projectId: string;
  let databases: [Firestore, Firestore, Firestore];
  before(async () => {
    firestore = await startTestFirestore();
  });
  after(() => firestore.stop());
  beforeEach(() => {
    projectId = `demo-${randomUUID()}`;
    databases = connectAll(firestore, projectId);
  });

  it('stores the same path separately in each database', async () => {
    await setIds(databases);
    assert.deepEqual(await readIds(databases), IDS);
    const [first, second, third] = databases;
    await second.doc('c/more').set({});
    await third.doc('c/d').delete();
    const sizes = databases.map(async (db) => (await db.collection('c').count().get()).data().count);
    assert.deepEqual(await Promise.all(sizes), [1, 2, 0]);
    assert.equal((await first.doc('c/more').get()).exists, false);
    assert.deepEqual(await third.listCollections(), []);
    assert.deepEqual(
      (await second.collectionGroup('c').get()).docs.map(({ id }) => id),
      ['d', 'more'],
    );
  });

  it('does not abort a transaction for a commit in another database', async () => {
    const [, second, third] = databases;
    await setIds(databases);
    let attempts = 0;
    await second.runTransaction(async (transaction) => {
      attempts++;
      const { id } = (await transaction.get(second.doc('c/d'))).data() as { id: string };
      await third.doc('c/d').update({ id: 'changed' });
      transaction.update(second.doc('c/d'), { id: `${id} again` });
    });
    assert.equal(attempts, 1);
    assert.deepEqual(await readIds(databases), ['(default)', 'second again', 'changed']);
  });

  it('rejects a transaction and a document name of another database', async () => {
    const [second, third] = [firestore.raw(projectId, 'second'), firestore.raw(projectId, 'third-database')];
    const { transaction } = await second.call('BeginTransaction', { database: second.database });
    const commit = (request: object) =>
      rejectionOf(third.call('Commit', { database: third.database, ...request }));
    assert.equal((await commit({ transaction })).code, 3);
    assert.equal((await commit({ writes: [{ delete: second.name('c/d') }] })).code, 3);
    const read = { database: third.database, documents: [second.name('c/d')] };
    assert.equal((await rejectionOf(third.stream('BatchGetDocuments', read))).code, 3);
    await second.call('Commit', { database: second.database, transaction });
  });

  it('sends a listener only the commits of its own database', async () => {
    const [first, second] = databases;
    const snapshots: QuerySnapshot[] = [];
    const { promise: found, resolve } = Promise.withResolvers<void>();
    const unsubscribe = second.collection('c').onSnapshot((snapshot) => {
      snapshots.push(snapshot);
      if (!snapshot.empty) resolve();
    }, assert.ifError);
    await first.doc('c/first').set({});
    await second.doc('c/second').set({});
    await found;
    unsubscribe();
    const ids = new Set(snapshots.flatMap(({ docs }) => docs.map(({ id }) => id)));
    assert.deepEqual([...ids], ['second']);
  });

  it('clears one database only', async () => {
    await setIds(databases);
    const path = `emulator/v1/projects/${projectId}/databases/second/documents`;
    assert.equal((await fetch(`http://${firestore.server.host}/${path}`, { method: 'DELETE' })).status, 200);
    assert.deepEqual(await readIds(databases), ['(default)', undefined, 'third-database']);
  });

  it('keeps all databases in the data directory', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'embedded-firestore-'));
    try {
      const before = await startTestFirestore({ dataDir });
      await setIds(connectAll(before, projectId));
      await before.stop();
      const after = await startTestFirestore({ dataDir });
      const ids = await readIds(connectAll(after, projectId));
      await after.stop();
      assert.deepEqual(ids, IDS);
    } finally {
      rmSync(dataDir, { recursive: true });
    }
  });
});

function connectAll(firestore: TestFirestore, projectId: string): [Firestore, Firestore, Firestore] {
  const [first, second, third] = IDS;
  return [
    firestore.connect(projectId, first),
    firestore.connect(projectId, second),
    firestore.connect(projectId, third),
  ];
}

/** Writes its own database id to `c/d` of each database. */
const setIds = (databases: readonly Firestore[]) =>
  Promise.all(databases.map((db, index) => db.doc('c/d').set({ id: IDS[index] })));

const readIds = (databases: readonly Firestore[]): Promise<(string | undefined)[]> =>
  Promise.all(databases.map(async (db) => (await db.doc('c/d').get()).get('id')));
