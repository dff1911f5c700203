import { isDeepStrictEqual } from 'node:util';
import type { Change, Database } from './database.ts';
import type { StoredDocument } from './document.ts';
import { checkSize, MAX_TRANSFORMS_PER_DOCUMENT } from './limits.ts';
import type { Write, WriteResult } from './messages.ts';
import { invalidArgument } from './status.ts';
import type { Micros } from './time.ts';
import { applyWrite, targetOf, transformsOf, type Written } from './write.ts';

export interface Committed {
  at: Micros;
  results: WriteResult[];
}

/**
 * Carries out writes in their order, all or none: nothing is visible until every one has succeeded.
 * Nothing in here waits, so no other commit can come between.
 * @throws FirestoreError of the first write that fails
 */
export function commitWrites(database: Database, writes: Write[]): Committed {
  const at = database.nextCommitTime();
  const outcomes = writes.map((write) => ({ name: targetOf(write), write }));
  checkTransformCount(outcomes);
  const working = new Map<string, StoredDocument | undefined>();
  const written = outcomes.map(({ name, write }) => {
    inDatabase(database, name);
    const old = working.has(name) ? working.get(name) : database.get(name);
    if (working.has(name)) checkSequence(old, write);
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

/** A write that the ones before it in the commit make impossible is a mistake in the request, says Google's emulator. */
function checkSequence(old: StoredDocument | undefined, { currentDocument }: Write): void {
  if (currentDocument?.exists === undefined || currentDocument.exists === (old !== undefined)) return;
  const order = old ? 'write then insert' : 'delete then update';
  throw invalidArgument(`Cannot ${order} an entity in the same request.`);
}

/** A write that changes nothing leaves the update time alone (write.proto); one that made it anew does not. */
function isUnchanged(before: StoredDocument, after: StoredDocument): boolean {
  return (
    isDeepStrictEqual(before.createTime, after.createTime) && isDeepStrictEqual(before.fields, after.fields)
  );
}

function toResult({ transformResults }: Written, document: StoredDocument | undefined): WriteResult {
  const result: WriteResult = {};
  if (document) result.updateTime = document.updateTime;
  if (transformResults.length > 0) result.transformResults = transformResults;
  return result;
}

function inDatabase(database: Database, name: string): void {
  if (name.startsWith(`${database.name}/documents/`)) return;
  throw invalidArgument(`Document name "${name}" is not in database "${database.name}".`);
}

/** https://firebase.google.com/docs/firestore/quotas: 500 transformations of one document in a commit. */
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
