import type { Aggregation, Consistency, QueryTarget, StructuredQuery } from '../messages.ts';
import { aggregate } from '../query/aggregate.ts';
import type { IndexesFile } from '../query/indexes-file.ts';
import { checkIndex } from '../query-index.ts';
import { openReading } from '../reading.ts';
import { candidates, prepareScan, runScan } from '../scan.ts';
import { unimplemented } from '../status.ts';
import type { Store } from '../store.ts';
import { toTimestamp } from '../time.ts';

export interface RunQueryRequest extends QueryTarget, Consistency {
  explainOptions?: object;
}

/** The results one by one; the id of a transaction that begins with this comes first, `done` and the time last. */
export const runQuery = (indexes: IndexesFile | undefined) =>
  function* (store: Store, request: RunQueryRequest): Iterable<object> {
    refuseExplain(request.explainOptions);
    const opened = store.open(request.parent ?? '');
    const scan = prepareScan(request);
    checkIndex(scan.structuredQuery, indexes);
    const reading = openReading(opened, request);
    reading.transaction?.scans.push(scan);
    const readTime = toTimestamp(reading.readTime);
    if (reading.begun) yield { transaction: reading.begun };
    for (const document of runScan(opened.database, scan, reading.at)) yield { document, readTime };
    yield { readTime, done: true };
  };

export interface RunAggregationQueryRequest extends Consistency {
  parent?: string;
  structuredAggregationQuery?: { structuredQuery?: StructuredQuery; aggregations?: Aggregation[] };
  explainOptions?: object;
}

export const runAggregationQuery = (indexes: IndexesFile | undefined) =>
  function* (store: Store, request: RunAggregationQueryRequest): Iterable<object> {
    refuseExplain(request.explainOptions);
    const { parent = '', structuredAggregationQuery: { structuredQuery, aggregations = [] } = {} } = request;
    const opened = store.open(parent);
    const scan = prepareScan({ parent, ...(structuredQuery && { structuredQuery }) });
    checkIndex(scan.structuredQuery, indexes, aggregations);
    const reading = openReading(opened, request);
    reading.transaction?.scans.push(scan);
    const documents = candidates(opened.database, scan, reading.at);
    const aggregateFields = aggregate(scan.query, aggregations, documents);
    if (reading.begun) yield { transaction: reading.begun };
    yield { result: { aggregateFields }, readTime: toTimestamp(reading.readTime) };
  };

function refuseExplain(options: object | undefined): void {
  if (options) throw unimplemented('The embedded Firestore does not explain queries.');
}
