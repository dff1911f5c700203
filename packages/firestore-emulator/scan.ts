import type { Database } from './database.ts';
import type { StoredDocument } from './document.ts';
import type { QueryTarget, StructuredQuery } from './messages.ts';
import { type CompiledQuery, compileQuery } from './query/run.ts';
import { invalidArgument } from './status.ts';
import type { Micros } from './time.ts';

/** A compiled query, ready to run on a database. */
export interface Scan {
  readonly query: CompiledQuery;
  readonly collectionId: string | undefined;
}

/** @throws FirestoreError if the query is invalid */
export function prepareScan({
  parent = '',
  structuredQuery,
}: QueryTarget): Scan & { structuredQuery: StructuredQuery } {
  if (!structuredQuery) throw invalidArgument('query is required');
  const query = compileQuery(parent, structuredQuery);
  return { query, collectionId: structuredQuery.from?.[0]?.collectionId || undefined, structuredQuery };
}

/** The results of a query, now or at an earlier time, in order, after offset and limit. */
export function runScan(database: Database, scan: Scan, at?: Micros): StoredDocument[] {
  return scan.query.run(candidates(database, scan, at));
}

/** The documents of the query's collections, before the filter. */
export function* candidates(
  database: Database,
  { query, collectionId }: Scan,
  at?: Micros,
): Iterable<StoredDocument> {
  for (const path of database.collections.paths(collectionId)) {
    if (query.isInCollection(`${path}/any`)) yield* database.documentsIn(path, at);
  }
}
