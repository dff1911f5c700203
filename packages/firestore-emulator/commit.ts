import { isDeepStrictEqual } from 'node:util';
import type { Change, Database } from './database.ts';
import type { StoredDocument } from './document.ts';
import { checkSize, MAX_TRANSFORMS_PER_DOCUMENT } from './limits.ts';
import type { WireTimestamp, Write, WriteResult } from './messages.ts';
import { invalidArgument } from './status.ts';
import { type Micros, toMicros } from './time.ts';
import { applyWrite, checkWrite, transformsOf, type WriteOutcome } from './write.ts';

export interface CommitOutcome {
  at: Micros;
  results: WriteResult[];
}

/** A write that can only fail because of the stored documents. */
export interface CheckedWrite {
  readonly name: string;
  readonly write: Write;
}

/** @throws FirestoreError INVALID_ARGUMENT for writes that fail whatever is stored */
export function checkWrites(database: Database, writes: readonly Write[]): CheckedWrite[] {
  const checked = writes.map((write) => {
    const name = checkWrite(write);
    checkInDatabase(database, name);
    return { name, write };
  });
  checkTransformCount(checked);
  return checkWriteOrder(checked);
}

/**
 * Applies all writes in order, or none of them. It is synchronous, so no other commit can interleave.
 * @throws FirestoreError of the first write that fails
 */
export function commitWrites(database: Database, writes: readonly CheckedWrite[]): CommitOutcome {
  const at = database.nextCommitTime();
  const working = new Map<string, StoredDocument | undefined>();
  const written = writes.map(({ name, write }) => {
    const old = working.has(name) ? working.get(name) : database.get(name);
    const outcome = applyWrite(name, old, write, at);
    working.set(name, outcome.document);
    return { name, outcome };
  });
  const changes: Change[] = [];
  for (const [name, document] of working) {
    if (document) checkSize(name, document.fields);
    const before = database.get(name);
    const after = before && document && isUnchanged(before, document) ? before : document;
    working.set(name, after);
    if (after !== before) changes.push({ name, before, after });
  }
  database.apply(at, changes);
  return {
    at,
    results: written.map(({ name, outcome }) => toResult(outcome, working.get(name))),
  };
}

/**
 * Like Google's emulator: a precondition that earlier writes of the same commit make impossible is an invalid argument.
 * Only the first write of a document can require an update time, and later ones the same.
 */
function checkWriteOrder(writes: readonly CheckedWrite[]): CheckedWrite[] {
  const earlier = new Map<string, { exists: boolean; updateTime: WireTimestamp | undefined }>();
  return writes.map(({ name, write }) => {
    const { exists: required, updateTime } = write.currentDocument ?? {};
    const before = earlier.get(name);
    earlier.set(name, {
      exists: write.delete === undefined,
      updateTime: before ? before.updateTime : updateTime,
    });
    if (!before) return { name, write };
    const mustExist = updateTime && write.delete === undefined ? true : required;
    if (mustExist !== undefined && mustExist !== before.exists) {
      const order = before.exists ? 'write then insert' : 'delete then update';
      throw invalidArgument(`Cannot ${order} an entity in the same request.`);
    }
    if (!updateTime) return { name, write };
    if (!before.updateTime || toMicros(before.updateTime) !== toMicros(updateTime)) {
      throw invalidArgument('Cannot collapse mutations with different version preconditions.');
    }
    const { currentDocument: _, ...rest } = write;
    return { name, write: rest };
  });
}

/** A write that changes nothing keeps the update time (write.proto), unless the document was deleted and recreated. */
function isUnchanged(before: StoredDocument, after: StoredDocument): boolean {
  return (
    isDeepStrictEqual(before.createTime, after.createTime) && isDeepStrictEqual(before.fields, after.fields)
  );
}

/** Every write of a document has the update time after the last one, even a deletion before it. */
function toResult({ transformResults }: WriteOutcome, document: StoredDocument | undefined): WriteResult {
  const result: WriteResult = {};
  if (document) result.updateTime = document.updateTime;
  if (transformResults.length > 0) result.transformResults = transformResults;
  return result;
}

function checkInDatabase(database: Database, name: string): void {
  if (name.startsWith(`${database.name}/documents/`)) return;
  throw invalidArgument(`Document name "${name}" is not in database "${database.name}".`);
}

/** https://firebase.google.com/docs/firestore/quotas: 500 field transforms per document and commit. */
function checkTransformCount(writes: readonly CheckedWrite[]): void {
  const counts = new Map<string, number>();
  for (const { name, write } of writes) {
    const count = (counts.get(name) ?? 0) + transformsOf(write).length;
    if (count > MAX_TRANSFORMS_PER_DOCUMENT) {
      throw invalidArgument(
        `Cannot transform more than ${MAX_TRANSFORMS_PER_DOCUMENT} fields of ${name} in one commit.`,
      );
    }
    counts.set(name, count);
  }
}
