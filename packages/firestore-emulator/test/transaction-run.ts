import { beginTransaction, commit } from '../calls/commits.ts';
import { batchGetDocuments } from '../calls/documents.ts';
import { runAggregationQuery, runQuery } from '../calls/queries.ts';
import type { Write } from '../messages.ts';
import type { Store } from '../store.ts';
import {
  checksum,
  type ModelData,
  type PlannedWrite,
  type Read,
  type ReadResult,
  type TransactionPlan,
} from './model.ts';

const DATABASE = 'projects/p/databases/d';
const PARENT = `${DATABASE}/documents`;
const COLLECTION = `${PARENT}/c`;

/** Runs a planned transaction step by step, directly on a store. */
export class TransactionRun {
  readonly plan: TransactionPlan;
  readonly results: ReadResult[] = [];
  readonly #store: Store;
  readonly id: Buffer;
  /** The model's data at the time of the first read. */
  snapshot: ModelData | undefined;
  isDone = false;

  constructor(store: Store, plan: TransactionPlan) {
    this.plan = plan;
    this.#store = store;
    this.id = (beginTransaction(store, { database: DATABASE }) as { transaction: Buffer }).transaction;
  }

  read(read: Read): void {
    this.results.push(readFromStore(this.#store, read, this.id));
  }

  /** @throws FirestoreError ABORTED */
  commit(): void {
    const writes = this.plan.writes.map((write) => toWrite(write, this.results));
    commit(this.#store, { database: DATABASE, transaction: this.id, writes });
  }
}

export function readFromStore(store: Store, read: Read, transaction: Buffer): ReadResult {
  if (read.kind === 'get') {
    const request = { database: DATABASE, documents: [`${COLLECTION}/${read.id}`], transaction };
    return rowsOf([...batchGetDocuments(store, request)], 'found');
  }
  const structuredQuery = {
    from: [{ collectionId: 'c' }],
    where: {
      fieldFilter: {
        field: { fieldPath: 'n' },
        op: 'GREATER_THAN_OR_EQUAL',
        value: { integerValue: String(read.atLeast) },
      },
    },
    ...(read.kind === 'query' && read.limit && { limit: { value: read.limit } }),
  };
  if (read.kind === 'query') {
    return rowsOf(
      [...runQuery(undefined)(store, { parent: PARENT, structuredQuery, transaction })],
      'document',
    );
  }
  const structuredAggregationQuery = { structuredQuery, aggregations: [{ alias: 'n', count: {} }] };
  const [response] = runAggregationQuery(undefined)(store, {
    parent: PARENT,
    structuredAggregationQuery,
    transaction,
  });
  return Number((response as ResponseMessage).result?.aggregateFields.n.integerValue);
}

interface RowDocument {
  name: string;
  fields: { n: { integerValue: string } };
}
interface ResponseMessage {
  found?: RowDocument;
  document?: RowDocument;
  result?: { aggregateFields: { n: { integerValue: string } } };
}

function rowsOf(responses: object[], key: 'found' | 'document'): [string, number][] {
  return (responses as ResponseMessage[]).flatMap((response) => {
    const document = response[key];
    return document ? [[document.name.split('/').at(-1) ?? '', Number(document.fields.n.integerValue)]] : [];
  });
}

function toWrite({ kind, id }: PlannedWrite, results: ReadResult[]): Write {
  const name = `${COLLECTION}/${id}`;
  if (kind === 'delete') return { delete: name };
  if (kind === 'set') return { update: { name, fields: { n: { integerValue: String(checksum(results)) } } } };
  return {
    transform: { document: name, fieldTransforms: [{ fieldPath: 'n', increment: { integerValue: '1' } }] },
  };
}
