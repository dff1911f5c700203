import { isDeepStrictEqual } from 'node:util';
import type { Change, Database } from './database.ts';
import type { StoredDocument } from './document.ts';
import { checkSize, MAX_TRANSFORMS_PER_DOCUMENT } from './limits.ts';
import type { Write, WriteResult } from './messages.ts';
import { invalidArgument } from './status.ts';
import type { Micros } from './time.ts';
import { applyWrite, documentNameOf, transformsOf, type WriteOutcome } from './write.ts';

export interface CommitOutcome {
  at: Micros;
  results: WriteResult[];
}

/**
 * Applies all writes in order, or none of them. It is synchronous, so no other commit can interleave.
 * @throws FirestoreError of the first write that fails
 */
export function commitWrites(database: Database, writes: Write[]): CommitOutcome {
  const at = database.nextCommitTime();
  const outcomes = writes.map((write) => ({ name: documentNameOf(write), write }));
  checkTransformCount(outcomes);
  const working = new Map<string, StoredDocument | undefined>();
  const written = outcomes.map(({ name, write }) => {
    checkInDatabase(database, name);
    const old = working.has(name) ? working.get(name) : database.get(name);
    if (working.has(name)) checkWriteOrder(old, write);
    const outcome = applyWrite(name, old, write, at);
    working.set(name, outcome.document);
    return { name, outcome, isDelete: write.delete !== undefined };
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
    results: written.map((one) => toResult(one.outcome, one.isDelete ? undefined : working.get(one.name))),
  };
}

/** Like Google's emulator: a write that earlier writes of the same commit make impossible is an invalid argument. */
function checkWriteOrder(old: StoredDocument | undefined, { currentDocument }: Write): void {
  if (currentDocument?.exists === undefined || currentDocument.exists === (old !== undefined)) return;
  const order = old ? 'write then insert' : 'delete then update';
  throw invalidArgument(`Cannot ${order} an entity in the same request.`);
}

/** A write that changes nothing keeps the update time (write.proto), unless the document was deleted and recreated. */
function isUnchanged(before: StoredDocument, after: StoredDocument): boolean {
  return (
    isDeepStrictEqual(before.createTime, after.createTime) && isDeepStrictEqual(before.fields, after.fields)
  );
}

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
function checkTransformCount(outcomes: { name: string; write: Write }[]): void {
  const counts = new Map<string, number>();
  for (const { name, write } of outcomes) {
    const count = (counts.get(name) ?? 0) + transformsOf(write).length;
    if (count > MAX_TRANSFORMS_PER_DOCUMENT) {
      throw invalidArgument(
        `Cannot transform more than ${MAX_TRANSFORMS_PER_DOCUMENT} fields of ${name} in one commit.`,
      );
    }
    counts.set(name, count);
  }
}
