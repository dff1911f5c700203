import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import type { DocumentSnapshot, Firestore, Query, QuerySnapshot } from '@google-cloud/firestore';
import type { ListenResponse } from '../messages.ts';
import { projectOf, type RawClient, rejectionOf, startTestFirestore, type TestFirestore } from './client.ts';

/** Queues snapshots until they are taken. */
class Inbox<T> {
  readonly #waiting: T[] = [];
  readonly #signal = new EventEmitter();

  readonly put = (item: T) => {
    this.#waiting.push(item);
    this.#signal.emit('put');
  };

  async take(): Promise<T> {
    if (this.#waiting.length === 0) await once(this.#signal, 'put');
    return this.#waiting.shift() as T;
  }
}

const changesOf = (snapshot: QuerySnapshot) =>
  snapshot.docChanges().map(({ type, doc, oldIndex, newIndex }) => [type, doc.id, oldIndex, newIndex]);
const idsOf = (snapshot: QuerySnapshot) => snapshot.docs.map(({ id }) => id);

describe('embedded Firestore: listeners', () => {
  let firestore: TestFirestore;
  let db: Firestore;
  const stops: (() => void)[] = [];
  before(async () => {
    firestore = await startTestFirestore();
  });
  after(() => firestore.stop());
  beforeEach(() => {
    db = firestore.connect();
  });
  afterEach(() => {
    for (const stop of stops.splice(0)) stop();
  });

  function listen(query: Query): Inbox<QuerySnapshot> {
    const inbox = new Inbox<QuerySnapshot>();
    stops.push(query.onSnapshot(inbox.put, assert.ifError));
    return inbox;
  }

  it('reports a document that is missing, created, changed and deleted', async () => {
    const ref = db.doc('c/a');
    const inbox = new Inbox<DocumentSnapshot>();
    stops.push(ref.onSnapshot(inbox.put, assert.ifError));
    assert.equal((await inbox.take()).exists, false);
    await ref.set({ n: 1 });
    assert.deepEqual((await inbox.take()).data(), { n: 1 });
    await db.doc('c/other').set({ n: 1 });
    await ref.update({ n: 2 });
    assert.deepEqual((await inbox.take()).data(), { n: 2 });
    await ref.delete();
    assert.equal((await inbox.take()).exists, false);
  });

  it('reports results of a query that are added, moved, changed and removed', async () => {
    const of = (id: string) => db.doc(`c/${id}`);
    await of('b').set({ n: 2 });
    await of('low').set({ n: 0 });
    const inbox = listen(db.collection('c').where('n', '>', 0).orderBy('n'));
    assert.deepEqual(changesOf(await inbox.take()), [['added', 'b', -1, 0]]);
    await of('a').set({ n: 1 });
    assert.deepEqual(changesOf(await inbox.take()), [['added', 'a', -1, 0]]);
    await of('a').update({ n: 3 });
    assert.deepEqual(changesOf(await inbox.take()), [['modified', 'a', 0, 1]]);
    await of('b').update({ n: 0 });
    assert.deepEqual(changesOf(await inbox.take()), [['removed', 'b', 0, -1]]);
    await of('low').update({ n: -1 });
    await of('a').delete();
    const last = await inbox.take();
    assert.deepEqual(changesOf(last), [['removed', 'a', 0, -1]]);
    assert.equal(last.empty, true);
  });

  it('reports a commit as one snapshot', async () => {
    const inbox = listen(db.collection('c').orderBy('n'));
    assert.equal((await inbox.take()).empty, true);
    const batch = db.batch();
    for (const n of [3, 1, 2]) batch.set(db.doc(`c/${n}`), { n });
    await batch.commit();
    assert.deepEqual(idsOf(await inbox.take()), ['1', '2', '3']);
  });

  it('refills the window of a limited query when a document leaves it', async () => {
    for (const n of [1, 2, 3]) await db.doc(`c/${n}`).set({ n });
    const first = listen(db.collection('c').orderBy('n').limit(2));
    const last = listen(db.collection('c').orderBy('n').limitToLast(2));
    assert.deepEqual(idsOf(await first.take()), ['1', '2']);
    assert.deepEqual(idsOf(await last.take()), ['2', '3']);
    await db.doc('c/1').delete();
    const moved = await first.take();
    assert.deepEqual(changesOf(moved), [
      ['removed', '1', 0, -1],
      ['added', '3', -1, 1],
    ]);
    await db.doc('c/0').set({ n: 0 });
    assert.deepEqual(idsOf(await first.take()), ['0', '2']);
    await db.doc('c/9').set({ n: 9 });
    assert.deepEqual(idsOf(await last.take()), ['3', '9']);
  });

  it('reports a collection group without its sibling collections', async () => {
    const inbox = listen(db.collectionGroup('users'));
    assert.equal((await inbox.take()).empty, true);
    await db.doc('countries/1/cities/x').set({});
    await db.doc('countries/1/users/y').set({});
    assert.deepEqual(idsOf(await inbox.take()), ['y']);
  });

  it('reports all documents as removed when the database is cleared', async () => {
    await db.doc('c/a').set({});
    const inbox = listen(db.collection('c'));
    assert.deepEqual(idsOf(await inbox.take()), ['a']);
    const path = `emulator/v1/projects/${projectOf(db)}/databases/(default)/documents`;
    await fetch(`http://${firestore.server.host}/${path}`, { method: 'DELETE' });
    assert.equal((await inbox.take()).empty, true);
  });

  it('serves several targets on a stream, resumes with the difference, and removes a target', async () => {
    const raw = firestore.raw();
    const put = (id: string, n: number) => ({
      update: { name: raw.name(`c/${id}`), fields: { n: { integerValue: String(n) } } },
    });
    await raw.commit(put('a', 1), put('b', 1), put('c', 1));
    const query = { parent: raw.documents, structuredQuery: { from: [{ collectionId: 'c' }] } };
    const documents = { documents: [raw.name('c/a'), raw.name('c/none')] };
    const [first, firstInbox] = openStream(raw);
    first.write({ database: raw.database, addTarget: { targetId: 2, query } });
    first.write({ database: raw.database, addTarget: { targetId: 4, documents } });
    const { token, changes } = await readSnapshots(firstInbox, 2);
    assert.deepEqual(changes, ['+a 2', '+b 2', '+c 2', '-none 4', '+a 4']);
    await raw.commit(put('a', 2));
    assert.deepEqual((await readSnapshots(firstInbox, 1)).changes, ['+a 2', '+a 4']);
    first.write({ database: raw.database, removeTarget: 2 });
    first.write({ database: raw.database, addTarget: { targetId: 6, documents: { documents: [] } } });
    assert.deepEqual((await readSnapshots(firstInbox, 1)).changes, ['remove 2']);
    first.end();

    await raw.commit(put('b', 2), put('d', 1), { delete: raw.name('c/c') });
    const [second, secondInbox] = openStream(raw);
    second.write({ database: raw.database, addTarget: { targetId: 2, query, resumeToken: token } });
    assert.deepEqual((await readSnapshots(secondInbox, 1)).changes.sort(), ['+a 2', '+b 2', '+d 2', '-c 2']);
    second.end();

    const [third, thirdInbox] = openStream(raw);
    const resumeToken = Buffer.from('another process!');
    third.write({ database: raw.database, addTarget: { targetId: 2, query, resumeToken } });
    assert.deepEqual((await readSnapshots(thirdInbox, 1)).changes, ['reset 2', '+a 2', '+b 2', '+d 2']);
    third.end();
  });

  it('removes a target with the cause if its query is invalid', async () => {
    const raw = firestore.raw();
    const stream = raw.open('Listen');
    stream.write({ database: raw.database, addTarget: { targetId: 2, query: { parent: 'nowhere' } } });
    const [message] = await once(stream, 'data');
    assert.equal(message.targetChange.targetChangeType, 'REMOVE');
    assert.equal(message.targetChange.cause.code, 3);
    stream.end();
    const wrong = raw.open('Listen');
    wrong.write({ addTarget: { targetId: 2 } });
    assert.equal((await rejectionOf(once(wrong, 'data'))).code, 3);
  });
});

/** Opens a Listen stream. The inbox receives its messages. */
function openStream(raw: RawClient): [ReturnType<RawClient['open']>, Inbox<ListenResponse>] {
  const stream = raw.open('Listen');
  const inbox = new Inbox<ListenResponse>();
  stream.on('data', inbox.put);
  return [stream, inbox];
}

interface SnapshotChanges {
  changes: string[];
  token: Buffer | undefined;
}

/** Reads the changes until `count` snapshots are complete: `+id target`, `-id target`, `reset`, `remove`. */
async function readSnapshots(inbox: Inbox<ListenResponse>, count: number): Promise<SnapshotChanges> {
  const changes: string[] = [];
  let token: Buffer | undefined;
  for (let left = count; left > 0; ) {
    const { targetChange: change, documentChange, documentDelete, documentRemove } = await inbox.take();
    const removed = documentDelete ?? documentRemove;
    if (documentChange)
      changes.push(`+${documentChange.document.name?.split('/').at(-1)} ${documentChange.targetIds}`);
    if (removed) changes.push(`-${removed.document.split('/').at(-1)} ${removed.removedTargetIds}`);
    const kind = change?.targetChangeType?.toLowerCase();
    if (change && (kind === 'reset' || kind === 'remove')) changes.push(`${kind} ${change.targetIds}`);
    if (change && !change.targetIds && change.readTime) {
      token = change.resumeToken;
      left--;
    }
  }
  return { changes, token };
}
