import { collectionOf } from './collections.ts';
import type { Change, Database } from './database.ts';
import type { StoredDocument } from './document.ts';
import { runScan, type Scan } from './scan.ts';
import type { Micros } from './time.ts';

/** What a transaction has read, and the time its reads see; `undefined` before its first read. */
export interface ReadSet {
  readonly snapshot: Micros | undefined;
  readonly documents: ReadonlySet<string>;
  readonly scans: readonly Scan[];
  readonly collections: ReadonlySet<string>;
}

/** Whether a commit since the snapshot changed anything in the read set. Then the transaction must be aborted. */
export function hasConflict(database: Database, reads: ReadSet): boolean {
  const { snapshot } = reads;
  if (snapshot === undefined) return false;
  if (!database.hasHistorySince(snapshot)) return true;
  const changes = database.commitsSince(snapshot).flatMap((commit) => commit.changes);
  return (
    changes.some(({ name }) => reads.documents.has(name)) ||
    changes.some(({ name }) => reads.collections.has(collectionOf(name))) ||
    reads.scans.some((scan) => isAffected(database, scan, snapshot, changes))
  );
}

/** Whether a change added a document to the query's results, removed one, or changed one. */
function isAffected(database: Database, scan: Scan, snapshot: number, changes: Change[]): boolean {
  const isTouched = changes.some(({ before, after }) => matches(scan, before) || matches(scan, after));
  if (!isTouched || (scan.query.limit === undefined && scan.query.offset === 0)) return isTouched;
  // With a limit or offset, a matching document can be outside the returned window before and after the change.
  return fingerprint(runScan(database, scan, snapshot)) !== fingerprint(runScan(database, scan));
}

const matches = ({ query }: Scan, document: StoredDocument | undefined) =>
  document !== undefined && query.matches(document);

const fingerprint = (documents: StoredDocument[]) =>
  JSON.stringify(documents.map(({ name, updateTime }) => [name, updateTime.seconds, updateTime.nanos]));
