import assert from 'node:assert/strict';
import { FieldValue, type Firestore, type Transaction } from '@google-cloud/firestore';
import fc from 'fast-check';
import { beginTransaction, commit } from '../calls/commits.ts';
import { batchGetDocuments } from '../calls/documents.ts';
import { runAggregationQuery, runQuery } from '../calls/queries.ts';
import type { Write } from '../messages.ts';
import { FirestoreError } from '../status.ts';
import { Store } from '../store.ts';
import { startTestFirestore, type TestFirestore } from './client.ts';
import {
  digest,
  type Effect,
  type Plan,
  plan,
  type Read,
  type Seen,
  see,
  take,
  type World,
} from './model.ts';

const DATABASE = 'projects/p/databases/d';
const PARENT = `${DATABASE}/documents`;
const COLLECTION = `${PARENT}/c`;

/** A transaction of a plan, a step at a time, straight on a store. */
class Run {
  readonly plan: Plan;
  readonly seen: Seen[] = [];
  readonly #store: Store;
  readonly id: Buffer;
  /** How many commits there had been when it first read. */
  commitsAtFirstRead: number | undefined;
  isDone = false;

  constructor(store: Store, plan: Plan) {
    this.plan = plan;
    this.#store = store;
    this.id = (beginTransaction(store, { database: DATABASE }) as { transaction: Buffer }).transaction;
  }

  read(look: Read): void {
    this.seen.push(lookInto(this.#store, look, this.id));
  }

  /** @throws FirestoreError ABORTED */
  commit(): void {
    const writes = this.plan.effects.map((effect) => toWrite(effect, this.seen));
    commit(this.#store, { database: DATABASE, transaction: this.id, writes });
  }
}

function lookInto(store: Store, look: Read, transaction: Buffer): Seen {
  if (look.kind === 'get') {
    const request = { database: DATABASE, documents: [`${COLLECTION}/${look.id}`], transaction };
    return rowsOf([...batchGetDocuments(store, request)], 'found');
  }
  const structuredQuery = {
    from: [{ collectionId: 'c' }],
    where: {
      fieldFilter: {
        field: { fieldPath: 'n' },
        op: 'GREATER_THAN_OR_EQUAL',
        value: { integerValue: String(look.atLeast) },
      },
    },
    ...(look.kind === 'query' && look.limit && { limit: { value: look.limit } }),
  };
  if (look.kind === 'query') {
    return rowsOf(
      [...runQuery(undefined)(store, { parent: PARENT, structuredQuery, transaction })],
      'document',
    );
  }
  const structuredAggregationQuery = { structuredQuery, aggregations: [{ alias: 'n', count: {} }] };
  const [answer] = runAggregationQuery(undefined)(store, {
    parent: PARENT,
    structuredAggregationQuery,
    transaction,
  });
  return Number((answer as Answer).result?.aggregateFields.n.integerValue);
}

interface Named {
  name: string;
  fields: { n: { integerValue: string } };
}
interface Answer {
  found?: Named;
  document?: Named;
  result?: { aggregateFields: { n: { integerValue: string } } };
}

function rowsOf(answers: object[], key: 'found' | 'document'): [string, number][] {
  return (answers as Answer[]).flatMap((answer) => {
    const document = answer[key];
    return document ? [[document.name.split('/').at(-1) ?? '', Number(document.fields.n.integerValue)]] : [];
  });
}

function toWrite({ kind, id }: Effect, seen: Seen[]): Write {
  const name = `${COLLECTION}/${id}`;
  if (kind === 'delete') return { delete: name };
  if (kind === 'set') return { update: { name, fields: { n: { integerValue: String(digest(seen)) } } } };
  return {
    transform: { document: name, fieldTransforms: [{ fieldPath: 'n', increment: { integerValue: '1' } }] },
  };
}

describe('isolation in the embedded Firestore', () => {
  it('makes any interleaving equal to its commits one after the other, and refuses nobody without a reason', () => {
    let refused = 0;
    let committed = 0;
    const property = fc.property(
      fc.array(plan, { minLength: 2, maxLength: 6 }),
      fc.infiniteStream(fc.nat()),
      (plans, choices) => {
        const store = new Store();
        const runs = plans.map((one) => new Run(store, one));
        const world: World = new Map();
        let commits = 0;
        for (
          let left = runs.filter((run) => !run.isDone);
          left.length > 0;
          left = left.filter((run) => !run.isDone)
        ) {
          const run = left[choices.next().value % left.length] as Run;
          const look = run.plan.reads[run.seen.length];
          if (look) {
            run.commitsAtFirstRead ??= commits;
            run.read(look);
            continue;
          }
          run.isDone = true;
          try {
            run.commit();
          } catch (error) {
            assert.ok(error instanceof FirestoreError && error.code === 10, String(error));
            assert.notEqual(
              run.commitsAtFirstRead ?? commits,
              commits,
              'refused although nothing had changed',
            );
            refused++;
            continue;
          }
          committed++;
          commits++;
          assert.deepEqual(
            run.seen,
            run.plan.reads.map((one) => see(world, one)),
            'a read that is not serial',
          );
          take(world, run.plan.effects, run.seen);
        }
        const end = lookInto(
          store,
          { kind: 'query', atLeast: 0, limit: undefined },
          new Run(store, plans[0] as Plan).id,
        );
        assert.deepEqual(end, see(world, { kind: 'query', atLeast: 0, limit: undefined }));
      },
    );
    fc.assert(property, { numRuns: 1500 });
    assert.ok(
      refused > 500 && committed > 1000,
      `a test of nothing: ${committed} committed, ${refused} refused`,
    );
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
