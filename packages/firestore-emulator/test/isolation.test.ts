import assert from 'node:assert/strict';
import { FieldValue, type Firestore, type Transaction } from '@google-cloud/firestore';
import fc from 'fast-check';
import { FirestoreError } from '../status.ts';
import { Store } from '../store.ts';
import { startTestFirestore, type TestFirestore } from './client.ts';
import {
  anyPlan,
  applyWrites,
  checksum,
  type ModelData,
  type Read,
  type ReadResult,
  readModel,
  type TransactionPlan,
} from './model.ts';
import { readFromStore, TransactionRun } from './transaction-run.ts';

const ALL_DOCUMENTS = { kind: 'query', atLeast: 0, limit: undefined } as const;

describe('embedded Firestore: transaction isolation', () => {
  it('is serializable under any interleaving, and aborts only after another commit', () => {
    const counts = { committed: 0, aborted: 0 };
    const plans = fc.array(anyPlan, { minLength: 2, maxLength: 6 });
    const property = fc.property(plans, fc.infiniteStream(fc.nat()), (chosen, choices) => {
      const store = new Store();
      const history = interleave(
        chosen.map((one) => new TransactionRun(store, one)),
        () => choices.next().value,
        counts,
      );
      const end = readFromStore(
        store,
        ALL_DOCUMENTS,
        new TransactionRun(store, { reads: [], writes: [] }).id,
      );
      assert.deepEqual(end, readModel(history.at(-1) as ModelData, ALL_DOCUMENTS));
    });
    fc.assert(property, { numRuns: 1500 });
    assert.ok(
      counts.aborted > 500 && counts.committed > 1000,
      `too few commits or aborts to test: ${JSON.stringify(counts)}`,
    );
  });

  describe('over gRPC', () => {
    let firestore: TestFirestore;
    before(async () => {
      firestore = await startTestFirestore();
    });
    after(() => firestore.stop());

    it('makes concurrent transactions equal to a serial order', async () => {
      const property = fc.asyncProperty(fc.array(anyPlan, { minLength: 3, maxLength: 6 }), async (plans) => {
        const db = firestore.connect();
        const logs = await Promise.all(plans.map((one, i) => runPlan(db, one, i)));
        const order = (await db.collection('log').get()).docs.sort((a, b) =>
          a.updateTime < b.updateTime ? -1 : 1,
        );
        assert.equal(order.length, plans.length);
        const data: ModelData = new Map();
        for (const { id } of order) {
          const { reads, writes } = plans[Number(id)] as TransactionPlan;
          const results = logs[Number(id)] as ReadResult[];
          assert.deepEqual(
            results,
            reads.map((read) => readModel(data, read)),
          );
          applyWrites(data, writes, results);
        }
        const rows = (await db.collection('c').get()).docs.map((one) => [one.id, one.get('n')]);
        assert.deepEqual(new Map(rows as [string, number][]), data);
      });
      await fc.assert(property, { numRuns: 4, endOnFailure: true });
    });
  });
});

/** Advances the runs step by step in a random order. Returns the model's data after each commit. */
function interleave(
  runs: TransactionRun[],
  choose: () => number,
  counts: { committed: number; aborted: number },
): ModelData[] {
  const history: ModelData[] = [new Map()];
  for (let left = runs; left.length > 0; left = left.filter((run) => !run.isDone)) {
    const run = left[choose() % left.length] as TransactionRun;
    const now = history.at(-1) as ModelData;
    const read = run.plan.reads[run.results.length];
    if (read) {
      run.snapshot ??= now;
      run.read(read);
      assert.deepEqual(
        run.results.at(-1),
        readModel(run.snapshot, read),
        'a read differs from the snapshot of the first read',
      );
      continue;
    }
    run.isDone = true;
    try {
      run.commit();
    } catch (error) {
      assert.ok(error instanceof FirestoreError && error.code === 10, String(error));
      assert.notEqual(run.snapshot ?? now, now, 'aborted without another commit');
      counts.aborted++;
      continue;
    }
    counts.committed++;
    const serial = run.plan.reads.map((one) => readModel(now, one));
    assert.deepEqual(run.results, serial, 'a read has changed at the commit');
    const next = new Map(now);
    applyWrites(next, run.plan.writes, run.results);
    history.push(next);
  }
  return history;
}

/** Runs a plan with the SDK and its retries. The update time of its log document is the commit time. */
function runPlan(db: Firestore, { reads, writes }: TransactionPlan, index: number): Promise<ReadResult[]> {
  return db.runTransaction(
    async (transaction) => {
      const results: ReadResult[] = [];
      for (const read of reads) results.push(await readWithSdk(db, transaction, read));
      for (const { kind, id } of writes) {
        const ref = db.doc(`c/${id}`);
        if (kind === 'delete') transaction.delete(ref);
        else if (kind === 'set') transaction.set(ref, { n: checksum(results) });
        else transaction.set(ref, { n: FieldValue.increment(1) }, { merge: true });
      }
      transaction.set(db.doc(`log/${index}`), {});
      return results;
    },
    { maxAttempts: 20 },
  );
}

async function readWithSdk(db: Firestore, transaction: Transaction, read: Read): Promise<ReadResult> {
  if (read.kind === 'get') {
    const document = await transaction.get(db.doc(`c/${read.id}`));
    return document.exists ? [[document.id, document.get('n')]] : [];
  }
  const query = db.collection('c').where('n', '>=', read.atLeast);
  if (read.kind === 'count') return (await transaction.get(query.count())).data().count;
  const { docs } = await transaction.get(read.limit ? query.limit(read.limit) : query);
  return docs.map((one) => [one.id, one.get('n')]);
}
