import type { Aggregation, Consistency, QueryTarget, StructuredQuery } from '../messages.ts';
import { aggregate, aggregatedFields } from '../query/aggregate.ts';
import type { IndexesFile } from '../query/indexes-file.ts';
import { missingIndex } from '../query/required-index.ts';
import { openReading } from '../reading.ts';
import { candidates, prepareScan, runScan } from '../scan.ts';
import { failedPrecondition, invalidArgument } from '../status.ts';
import type { Store } from '../store.ts';
import { toTimestamp } from '../time.ts';

export interface RunQueryRequest extends QueryTarget, Consistency {
  explainOptions?: object;
}

/** The results one by one; the last message, or the only one, says how many the offset skipped. */
export function* runQuery(
  store: Store,
  indexes: IndexesFile | undefined,
  request: RunQueryRequest,
): Iterable<object> {
  refuseExplain(request.explainOptions);
  const { parent = '' } = request;
  const opened = store.open(parent);
  const scan = prepareScan(request);
  checkIndex(scan.structuredQuery, indexes);
  const reading = openReading(opened, request);
  reading.transaction?.scans.push(scan);
  const documents = runScan(opened.database, scan, reading.at);
  const readTime = toTimestamp(reading.readTime);
  if (reading.begun) yield { transaction: reading.begun };
  for (const document of documents) yield { document, readTime };
  yield { readTime, done: true };
}

export interface RunAggregationQueryRequest extends Consistency {
  parent?: string;
  structuredAggregationQuery?: { structuredQuery?: StructuredQuery; aggregations?: Aggregation[] };
  explainOptions?: object;
}

export function* runAggregationQuery(
  store: Store,
  indexes: IndexesFile | undefined,
  request: RunAggregationQueryRequest,
): Iterable<object> {
  refuseExplain(request.explainOptions);
  const { parent = '', structuredAggregationQuery: { structuredQuery, aggregations = [] } = {} } = request;
  const opened = store.open(parent);
  const scan = prepareScan({ parent, ...(structuredQuery && { structuredQuery }) });
  checkIndex(scan.structuredQuery, indexes, aggregations);
  const reading = openReading(opened, request);
  reading.transaction?.scans.push(scan);
  const aggregateFields = aggregate(scan.query, aggregations, candidates(opened.database, scan, reading.at));
  if (reading.begun) yield { transaction: reading.begun };
  yield { result: { aggregateFields }, readTime: toTimestamp(reading.readTime) };
}

/** @throws FirestoreError if there is a list of indexes and production would want one that is not in it */
export function checkIndex(
  query: StructuredQuery,
  indexes: IndexesFile | undefined,
  aggregations: Aggregation[] = [],
): void {
  const missing = indexes && missingIndex(query, indexes, aggregatedFields(aggregations));
  if (missing)
    throw failedPrecondition(`The query requires an index. Add to firestore.indexes.json: ${missing}`);
}

function refuseExplain(options: object | undefined): void {
  if (options) throw invalidArgument('Explaining a query is not supported here.');
}
