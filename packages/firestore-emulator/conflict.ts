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

/** Whether any commit since a transaction's snapshot changed what it has read: then it must not commit. */
export function hasConflict(database: Database, reads: ReadSet): boolean {
  const { snapshot } = reads;
  if (snapshot === undefined) return false;
  if (!database.remembers(snapshot)) return true;
  const changes = database.commitsSince(snapshot).flatMap((commit) => commit.changes);
  return (
    changes.some(({ name }) => reads.documents.has(name)) ||
    changes.some(({ name }) => reads.collections.has(collectionOf(name))) ||
    reads.scans.some((scan) => isAffected(database, scan, snapshot, changes))
  );
}

/** A document came into a query's results, left them, or changed in them: rows that were not there count, too. */
function isAffected(database: Database, scan: Scan, snapshot: number, changes: Change[]): boolean {
  const isTouched = changes.some(({ before, after }) => matches(scan, before) || matches(scan, after));
  if (!isTouched || (scan.query.limit === undefined && scan.query.offset === 0)) return isTouched;
  // Behind a limit, a matching document may be out of the window before and after: then nobody saw it.
  return fingerprint(runScan(database, scan, snapshot)) !== fingerprint(runScan(database, scan));
}

const matches = ({ query }: Scan, document: StoredDocument | undefined) =>
  document !== undefined && query.matches(document);

const fingerprint = (documents: StoredDocument[]) =>
  JSON.stringify(documents.map(({ name, updateTime }) => [name, updateTime.seconds, updateTime.nanos]));
