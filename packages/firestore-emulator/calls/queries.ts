import type { Aggregation, Consistency, QueryTarget, StructuredQuery } from '../messages.ts';
import { aggregate } from '../query/aggregate.ts';
import type { IndexesFile } from '../query/indexes-file.ts';
import { checkIndex } from '../query-index.ts';
import { openReadContext } from '../read-context.ts';
import { candidates, prepareScan, runScan } from '../scan.ts';
import { unimplemented } from '../status.ts';
import type { Store } from '../store.ts';
import { toTimestamp } from '../time.ts';

export interface RunQueryRequest extends QueryTarget, Consistency {
  explainOptions?: object;
}

/** Streams the results. The id of a new transaction comes first, `done` and the read time last. */
export const runQuery = (indexes: IndexesFile | undefined) =>
  function* (store: Store, request: RunQueryRequest): Iterable<object> {
    rejectExplain(request.explainOptions);
    const opened = store.open(request.parent ?? '');
    const scan = prepareScan(request);
    checkIndex(scan.structuredQuery, indexes);
    const context = openReadContext(opened, request);
    context.transaction?.scans.push(scan);
    const readTime = toTimestamp(context.readTime);
    if (context.newTransactionId) yield { transaction: context.newTransactionId };
    for (const document of runScan(opened.database, scan, context.at)) yield { document, readTime };
    yield { readTime, done: true };
  };

export interface RunAggregationQueryRequest extends Consistency {
  parent?: string;
  structuredAggregationQuery?: { structuredQuery?: StructuredQuery; aggregations?: Aggregation[] };
  explainOptions?: object;
}

export const runAggregationQuery = (indexes: IndexesFile | undefined) =>
  function* (store: Store, request: RunAggregationQueryRequest): Iterable<object> {
    rejectExplain(request.explainOptions);
    const { parent = '', structuredAggregationQuery: { structuredQuery = {}, aggregations = [] } = {} } =
      request;
    const opened = store.open(parent);
    const scan = prepareScan({ parent, structuredQuery });
    checkIndex(scan.structuredQuery, indexes, aggregations);
    const context = openReadContext(opened, request);
    context.transaction?.scans.push(scan);
    const documents = candidates(opened.database, scan, context.at);
    const aggregateFields = aggregate(scan.query, aggregations, documents);
    if (context.newTransactionId) yield { transaction: context.newTransactionId };
    yield { result: { aggregateFields }, readTime: toTimestamp(context.readTime) };
  };

function rejectExplain(options: object | undefined): void {
  if (options) throw unimplemented('The embedded Firestore does not explain queries.');
}
