import type { Database } from './database.ts';
import type { StoredDocument } from './document.ts';
import type { QueryTarget, StructuredQuery } from './messages.ts';
import { type CompiledQuery, compileQuery } from './query/run.ts';
import { invalidArgument } from './status.ts';
import type { Micros } from './time.ts';

/** A query that is ready to run on a database, again and again. */
export interface Scan {
  readonly query: CompiledQuery;
  readonly collectionId: string | undefined;
}

/** @throws FirestoreError if the query is not valid */
export function prepareScan({
  parent = '',
  structuredQuery,
}: QueryTarget): Scan & { structuredQuery: StructuredQuery } {
  if (!structuredQuery) throw invalidArgument('query is required');
  const query = compileQuery(parent, structuredQuery);
  return { query, collectionId: structuredQuery.from?.[0]?.collectionId || undefined, structuredQuery };
}

/** The documents a query gives, now or at an earlier moment, in its order, its limits applied. */
export function runScan(database: Database, scan: Scan, at?: Micros): StoredDocument[] {
  return scan.query.run(candidates(database, scan, at));
}

/** The documents of the collections that a query is about, and no others: what it costs is what is in them. */
export function* candidates(
  database: Database,
  { query, collectionId }: Scan,
  at?: Micros,
): Iterable<StoredDocument> {
  for (const path of database.collections.paths(collectionId)) {
    if (query.isInCollection(`${path}/any`)) yield* database.documentsIn(path, at);
  }
}
