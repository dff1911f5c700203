import { readFileSync } from 'node:fs';
import type { Aggregation, StructuredQuery } from './messages.ts';
import { aggregatedFields } from './query/aggregate.ts';
import type { IndexesFile } from './query/indexes-file.ts';
import { missingIndex } from './query/required-index.ts';
import { failedPrecondition } from './status.ts';

/** @throws Error with the path if the file is missing or not JSON */
export function readIndexes(path: string): IndexesFile {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as IndexesFile;
  } catch (cause) {
    throw new Error(`Cannot read the indexes in ${path}.`, { cause });
  }
}

/** @throws FirestoreError if `indexes` is set and production needs an index that it lacks */
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
