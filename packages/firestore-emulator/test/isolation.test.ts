import assert from 'node:assert/strict';
import { FieldValue, type Firestore, type Transaction } from '@google-cloud/firestore';
import fc from 'fast-check';
import { FirestoreError } from '../status.ts';
import { Store } from '../store.ts';
import { startTestFirestore, type TestFirestore } from './client.ts';
import { digest, type Plan, plan, type Read, type Seen, see, take, type World } from './model.ts';
import { lookInto, Run } from './store-run.ts';

const EVERYTHING = { kind: 'query', atLeast: 0, limit: undefined } as const;

describe('isolation in the embedded Firestore', () => {
  it('makes any interleaving equal to its commits one after the other, and refuses nobody without a reason', () => {
    const tally = { committed: 0, refused: 0 };
    const plans = fc.array(plan, { minLength: 2, maxLength: 6 });
    const property = fc.property(plans, fc.infiniteStream(fc.nat()), (some, choices) => {
      const store = new Store();
      const histories = interleave(
        some.map((one) => new Run(store, one)),
        () => choices.next().value,
        tally,
      );
      const end = lookInto(store, EVERYTHING, new Run(store, { reads: [], effects: [] }).id);
      assert.deepEqual(end, see(histories.at(-1) as World, EVERYTHING));
    });
    fc.assert(property, { numRuns: 1500 });
    assert.ok(tally.refused > 500 && tally.committed > 1000, `a test of nothing: ${JSON.stringify(tally)}`);
  });

  describe('over the wire', () => {
    let firestore: TestFirestore;
    before(async () => {
      firestore = await startTestFirestore();
    });
    after(() => firestore.stop());

    it('makes transactions that truly run at once equal to some order of them', async () => {
      const property = fc.asyncProperty(fc.array(plan, { minLength: 3, maxLength: 6 }), async (plans) => {
        const db = firestore.connect();
        const logs = await Promise.all(plans.map((one, i) => runPlan(db, one, i)));
        const order = (await db.collection('log').get()).docs.sort((a, b) =>
          a.updateTime < b.updateTime ? -1 : 1,
        );
        assert.equal(order.length, plans.length);
        const world: World = new Map();
        for (const { id } of order) {
          const { reads, effects } = plans[Number(id)] as Plan;
          const seen = logs[Number(id)] as Seen[];
          assert.deepEqual(
            seen,
            reads.map((look) => see(world, look)),
          );
          take(world, effects, seen);
        }
        const rows = (await db.collection('c').get()).docs.map((one) => [one.id, one.get('n')]);
        assert.deepEqual(new Map(rows as [string, number][]), world);
      });
      await fc.assert(property, { numRuns: 4, endOnFailure: true });
    });
  });
});

/** Advances the runs by single steps in any order; gives the world after each commit, of the naive model. */
function interleave(
  runs: Run[],
  choose: () => number,
  tally: { committed: number; refused: number },
): World[] {
  const history: World[] = [new Map()];
  for (let left = runs; left.length > 0; left = left.filter((run) => !run.isDone)) {
    const run = left[choose() % left.length] as Run;
    const now = history.at(-1) as World;
    const look = run.plan.reads[run.seen.length];
    if (look) {
      run.world ??= now;
      run.read(look);
      assert.deepEqual(
        run.seen.at(-1),
        see(run.world, look),
        'a read that is not of the first read’s moment',
      );
      continue;
    }
    run.isDone = true;
    try {
      run.commit();
    } catch (error) {
      assert.ok(error instanceof FirestoreError && error.code === 10, String(error));
      assert.notEqual(run.world ?? now, now, 'refused although nothing had been committed');
      tally.refused++;
      continue;
    }
    tally.committed++;
    const serial = run.plan.reads.map((one) => see(now, one));
    assert.deepEqual(run.seen, serial, 'a read that does not hold at the commit');
    const next = new Map(now);
    take(next, run.plan.effects, run.seen);
    history.push(next);
  }
  return history;
}

/** Runs a plan through the SDK, retries and all; its own log entry tells when it committed. */
function runPlan(db: Firestore, { reads, effects }: Plan, index: number): Promise<Seen[]> {
  return db.runTransaction(
    async (transaction) => {
      const seen: Seen[] = [];
      for (const look of reads) seen.push(await lookThrough(db, transaction, look));
      for (const { kind, id } of effects) {
        const ref = db.doc(`c/${id}`);
        if (kind === 'delete') transaction.delete(ref);
        else if (kind === 'set') transaction.set(ref, { n: digest(seen) });
        else transaction.set(ref, { n: FieldValue.increment(1) }, { merge: true });
      }
      transaction.set(db.doc(`log/${index}`), {});
      return seen;
    },
    { maxAttempts: 20 },
  );
}

async function lookThrough(db: Firestore, transaction: Transaction, look: Read): Promise<Seen> {
  if (look.kind === 'get') {
    const document = await transaction.get(db.doc(`c/${look.id}`));
    return document.exists ? [[document.id, document.get('n')]] : [];
  }
  const query = db.collection('c').where('n', '>=', look.atLeast);
  if (look.kind === 'count') return (await transaction.get(query.count())).data().count;
  const { docs } = await transaction.get(look.limit ? query.limit(look.limit) : query);
  return docs.map((one) => [one.id, one.get('n')]);
}
