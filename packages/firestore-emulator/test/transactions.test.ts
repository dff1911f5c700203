import assert from 'node:assert/strict';
import { type Firestore, Timestamp } from '@google-cloud/firestore';
import { commit, rollback } from '../calls/commits.ts';
import { batchGetDocuments } from '../calls/documents.ts';
import { Store } from '../store.ts';
import { MINUTE, toTimestamp } from '../time.ts';
import { projectOf, type RawClient, rejectionOf, startTestFirestore, type TestFirestore } from './client.ts';

describe('embedded Firestore: transactions', () => {
  let firestore: TestFirestore;
  let db: Firestore;
  let raw: RawClient;
  before(async () => {
    firestore = await startTestFirestore();
  });
  after(() => firestore.stop());
  beforeEach(() => {
    db = firestore.connect();
    raw = firestore.raw(projectOf(db));
  });

  const fields = (n: number) => ({ n: { integerValue: String(n) } });
  const put = (path: string, n = 0) => ({ update: { name: raw.name(path), fields: fields(n) } });
  const begin = async (options?: object) =>
    (await raw.call('BeginTransaction', { database: raw.database, options })).transaction as Buffer;
  const read = (transaction: Buffer, ...paths: string[]) =>
    raw.stream('BatchGetDocuments', {
      database: raw.database,
      documents: paths.map((path) => raw.name(path)),
      transaction,
    });
  const query = (transaction: Buffer, more: object = {}) =>
    raw.stream('RunQuery', {
      parent: raw.documents,
      structuredQuery: { from: [{ collectionId: 'c' }], ...more },
      transaction,
    });
  const finish = (transaction: Buffer, ...writes: object[]) =>
    raw.call('Commit', { database: raw.database, transaction, writes });
  const atLeast = (n: number) => ({
    where: {
      fieldFilter: {
        field: { fieldPath: 'n' },
        op: 'GREATER_THAN_OR_EQUAL',
        value: { integerValue: String(n) },
      },
    },
  });

  it('stays open after a commit of writes that no document can meet', async () => {
    const transaction = await begin();
    assert.equal((await rejectionOf(finish(transaction, {}))).code, 3);
    assert.equal((await rejectionOf(finish(transaction, put('c/__x__')))).code, 3);
    assert.equal((await finish(transaction, put('c/a'))).writeResults.length, 1);
  });

  it('loses none of 50 concurrent read-modify-write increments', async () => {
    const ref = db.doc('c/counter');
    await ref.set({ n: 0 });
    const increment = () =>
      db.runTransaction(async (transaction) => {
        const { n } = (await transaction.get(ref)).data() as { n: number };
        transaction.update(ref, { n: n + 1 });
      });
    await Promise.all(Array.from({ length: 50 }, increment));
    assert.equal((await ref.get()).get('n'), 50);
  });

  it('keeps the total balance under 50 concurrent transfers', async () => {
    const accounts = Array.from({ length: 8 }, (_, i) => db.doc(`bank/${i}`));
    await Promise.all(accounts.map((account) => account.set({ balance: 100 })));
    const transfer = (i: number) =>
      db.runTransaction(async (transaction) => {
        const [from, to] = [accounts[i % 8], accounts[(i * 3 + 1) % 8]];
        if (!from || !to || from === to) return;
        const [source, target] = await transaction.getAll(from, to);
        const amount = Math.min(source?.get('balance'), 10 + i);
        transaction.update(from, { balance: source?.get('balance') - amount });
        transaction.update(to, { balance: target?.get('balance') + amount });
      });
    await Promise.all(Array.from({ length: 50 }, (_, i) => transfer(i)));
    const balances = (await db.collection('bank').get()).docs.map(
      (account) => account.get('balance') as number,
    );
    assert.equal(
      balances.reduce((sum, balance) => sum + balance, 0),
      800,
    );
    assert.ok(balances.every((balance) => balance >= 0));
  });

  it('aborts on write skew: two transactions that each read what the other writes', async () => {
    await raw.commit(put('c/a', 1), put('c/b', 1));
    const [one, two] = [await begin(), await begin()];
    await read(one, 'c/a', 'c/b');
    await read(two, 'c/a', 'c/b');
    await finish(one, put('c/a', 0));
    assert.equal((await rejectionOf(finish(two, put('c/b', 0)))).code, 10);
    assert.equal((await db.doc('c/b').get()).get('n'), 1);
  });

  it('aborts if a document that was missing has been created', async () => {
    const transaction = await begin();
    await read(transaction, 'c/new');
    await raw.commit(put('c/new'));
    assert.equal((await rejectionOf(finish(transaction, put('c/other')))).code, 10);
    assert.equal((await db.doc('c/other').get()).exists, false);
  });

  it('aborts if a new document matches a query that it has run', async () => {
    const transaction = await begin();
    assert.equal((await query(transaction, atLeast(5))).filter(({ document }) => document).length, 0);
    await raw.commit(put('c/low', 1));
    await raw.commit(put('c/high', 7));
    assert.equal((await rejectionOf(finish(transaction, put('d/x')))).code, 10);
  });

  it('does not abort for a document outside of the query’s filter or limit', async () => {
    await raw.commit(put('c/a', 5), put('c/b', 6));
    const transaction = await begin();
    const first = { ...atLeast(5), orderBy: [{ field: { fieldPath: 'n' } }], limit: { value: 1 } };
    await query(transaction, first);
    await raw.commit(put('c/low', 1), put('c/b', 9));
    await finish(transaction, put('d/x'));
    const again = await begin();
    await query(again, first);
    await raw.commit({ delete: raw.name('c/a') });
    assert.equal((await rejectionOf(finish(again, put('d/y')))).code, 10);
  });

  it('aborts if a count that it has read has changed', async () => {
    const transaction = await begin();
    await raw.stream('RunAggregationQuery', {
      parent: raw.documents,
      transaction,
      structuredAggregationQuery: {
        structuredQuery: { from: [{ collectionId: 'c' }] },
        aggregations: [{ alias: 'n', count: {} }],
      },
    });
    await raw.commit(put('c/x'));
    assert.equal((await rejectionOf(finish(transaction, put('d/x')))).code, 10);
  });

  it('aborts if a collection that it has listed has changed', async () => {
    const transaction = await begin();
    await raw.call('ListDocuments', { parent: raw.documents, collectionId: 'c', transaction });
    await raw.commit(put('c/x'));
    assert.equal((await rejectionOf(finish(transaction, put('d/x')))).code, 10);
  });

  it('reads documents and queries at the time of its first read', async () => {
    await raw.commit(put('c/a', 1), put('c/b', 1));
    const transaction = await begin();
    await read(transaction, 'c/a');
    await raw.commit(put('c/b', 2), put('c/new', 2));
    const [response] = await read(transaction, 'c/b');
    assert.equal(response.found.fields.n.integerValue, '1');
    const rows = (await query(transaction)).filter(({ document }) => document);
    assert.deepEqual(
      rows.map(({ document }) => document.fields.n.integerValue),
      ['1', '1'],
    );
  });

  it('never aborts if it only writes', async () => {
    const transaction = await begin();
    await raw.commit(put('c/a', 1));
    await finish(transaction, put('c/a', 2));
    assert.equal((await db.doc('c/a').get()).get('n'), 2);
  });

  it('can begin with a read, which returns the id in its first message', async () => {
    const [first, second] = await raw.stream('BatchGetDocuments', {
      database: raw.database,
      documents: [raw.name('c/a')],
      newTransaction: { readWrite: {} },
    });
    assert.ok(first.transaction.length > 0 && !first.missing);
    assert.equal(second.missing, raw.name('c/a'));
    const [started] = await raw.stream('RunQuery', {
      parent: raw.documents,
      structuredQuery: { from: [{ collectionId: 'c' }] },
      newTransaction: { readOnly: {} },
    });
    assert.ok(started.transaction.length > 0);
  });

  it('writes nothing after a rollback, and cannot continue', async () => {
    const transaction = await begin();
    await read(transaction, 'c/a');
    const rolledBack = { database: raw.database, transaction };
    await raw.call('Rollback', rolledBack);
    await raw.call('Rollback', rolledBack);
    assert.equal((await rejectionOf(finish(transaction, put('c/a')))).code, 3);
    assert.equal((await rejectionOf(read(transaction, 'c/a'))).code, 3);
    const failing = db.runTransaction(async (work) => {
      work.set(db.doc('c/a'), {});
      throw new Error('failed by the test');
    });
    assert.equal((await rejectionOf(failing)).message, 'failed by the test');
    assert.equal((await db.doc('c/a').get()).exists, false);
  });

  it('commits once, and rejects an unknown id', async () => {
    const transaction = await begin();
    await finish(transaction, put('c/a'));
    assert.equal((await rejectionOf(finish(transaction, put('c/a')))).code, 3);
    assert.equal((await rejectionOf(finish(Buffer.from('nonsense'), put('c/a')))).code, 3);
    assert.equal((await rejectionOf(read(Buffer.from('nonsense'), 'c/a'))).code, 3);
  });

  it('rejects writes if it is read-only, and reads at the given time', async () => {
    await raw.commit(put('c/a', 1));
    const earlier = (await db.doc('c/a').get()).readTime;
    await raw.commit(put('c/a', 2));
    const options = { readOnly: true as const, readTime: earlier };
    assert.equal(await db.runTransaction(async (t) => (await t.get(db.doc('c/a'))).get('n'), options), 1);
    assert.equal(
      await db.runTransaction(async (t) => (await t.get(db.collection('c'))).docs[0]?.get('n'), options),
      1,
    );
    const transaction = await begin({ readOnly: {} });
    assert.equal((await rejectionOf(finish(transaction, put('c/a', 3)))).code, 3);
  });

  it('cannot read in the future or before the server started', async () => {
    const documents = [raw.name('c/a')];
    const at = (readTime: object) =>
      rejectionOf(raw.stream('BatchGetDocuments', { database: raw.database, documents, readTime }));
    assert.equal((await at({ seconds: '4000000000' })).code, 3);
    assert.equal((await at({ seconds: '1000' })).code, 9);
    assert.ok((await db.doc('c/a').get()).readTime instanceof Timestamp);
  });

  it('expires with the message for which the SDK retries', () => {
    let now = 1_700_000_000_000_000;
    const store = new Store(() => now);
    const database = 'projects/p/databases/d';
    const { transactions } = store.open(database);
    const { id } = transactions.begin();
    for (let minute = 0; minute < 4; minute++) {
      now += MINUTE;
      [...batchGetDocuments(store, { database, documents: [], transaction: id })];
    }
    now += MINUTE;
    assert.throws(() => commit(store, { database, transaction: id }), {
      code: 3,
      message: /transaction has expired/,
    });
    const idle = transactions.begin();
    now += MINUTE + 1;
    assert.throws(() => commit(store, { database, transaction: idle.id }), {
      code: 3,
      message: /transaction has expired/,
    });
    rollback(store, { database, transaction: idle.id });
  });

  it('reads versions that were overwritten up to an hour ago', () => {
    let now = 1_700_000_000_000_000;
    const store = new Store(() => now);
    const database = 'projects/p/databases/d';
    const name = `${database}/documents/c/a`;
    const set = (n: number) =>
      commit(store, { database, writes: [{ update: { name, fields: { n: { integerValue: String(n) } } } }] });
    const readAt = (at: number) => [
      ...batchGetDocuments(store, { database, documents: [name], readTime: toTimestamp(at) }),
    ];
    const first = now + 1000;
    set(1);
    now += MINUTE;
    set(2);
    now += 58 * MINUTE;
    set(3);
    assert.ok(JSON.stringify(readAt(first)).includes('"1"'));
    now += 30 * MINUTE;
    set(4);
    assert.throws(() => readAt(first), { code: 9 });
    assert.ok(JSON.stringify(readAt(now - 30 * MINUTE)).includes('"3"'));
  });
});
