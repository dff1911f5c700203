import { beginTransaction, commit } from '../calls/commits.ts';
import { batchGetDocuments } from '../calls/documents.ts';
import { runAggregationQuery, runQuery } from '../calls/queries.ts';
import type { Write } from '../messages.ts';
import type { Store } from '../store.ts';
import { digest, type Effect, type Plan, type Read, type Seen, type World } from './model.ts';

const DATABASE = 'projects/p/databases/d';
const PARENT = `${DATABASE}/documents`;
const COLLECTION = `${PARENT}/c`;

/** A transaction of a plan, a step at a time, straight on a store. */
export class Run {
  readonly plan: Plan;
  readonly seen: Seen[] = [];
  readonly #store: Store;
  readonly id: Buffer;
  /** What the model says there was when it first read. */
  world: World | undefined;
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

export function lookInto(store: Store, look: Read, transaction: Buffer): Seen {
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
