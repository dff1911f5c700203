import { readFileSync } from 'node:fs';
import type { Aggregation, StructuredQuery } from './messages.ts';
import { aggregatedFields } from './query/aggregate.ts';
import type { IndexesFile } from './query/indexes-file.ts';
import { missingIndex } from './query/required-index.ts';
import { failedPrecondition } from './status.ts';

/** @throws if the file is missing or not JSON, naming it */
export function readIndexes(path: string): IndexesFile {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as IndexesFile;
  } catch (cause) {
    throw new Error(`The indexes in ${path} can't be read.`, { cause });
  }
}

/** @throws FirestoreError if there is a list of indexes and production would want one that is not in it */
export function checkIndex(
  query: StructuredQuery,
  indexes: IndexesFile | undefined,
  aggregations: Aggregation[] = [],
): void {
  const missing = indexes && missingIndex(query, indexes, aggregatedFields(aggregations));
  if (missing) {
    throw failedPrecondition(`The query requires an index. Add to firestore.indexes.json: ${missing}`);
  }
}
