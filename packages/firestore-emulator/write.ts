import type { StoredDocument } from './document.ts';
import { mergeFields } from './fields.ts';
import { toStoredFields } from './limits.ts';
import type { Fields, FieldTransform, Write } from './messages.ts';
import { checkDocumentName, checkFieldName, DOCUMENT_ID, parseFieldPath } from './path.ts';
import { checkPrecondition, checkUpdateTime } from './precondition.ts';
import { invalidArgument } from './status.ts';
import { type Micros, toTimestamp } from './time.ts';
import { applyTransform } from './transform.ts';
import type { Value } from './value.ts';

/** The result of one write. `document`: `undefined` if it was deleted. */
export interface WriteOutcome {
  document: StoredDocument | undefined;
  transformResults: Value[];
}

/** The name of the written document. @throws FirestoreError if it is missing or invalid */
export function documentNameOf({ update, delete: deleted, transform }: Write): string {
  if (!update && deleted === undefined && !transform) throw invalidArgument('empty write operation');
  const name = update?.name ?? deleted ?? transform?.document ?? '';
  checkDocumentName(name);
  return name;
}

/** The field transforms of a write. */
export const transformsOf = ({ updateTransforms, transform }: Write): FieldTransform[] => [
  ...(updateTransforms ?? []),
  ...(transform?.fieldTransforms ?? []),
];

/**
 * Checks all of a write that does not depend on stored documents.
 * @returns the name of the document
 * @throws FirestoreError INVALID_ARGUMENT
 */
export function checkWrite(write: Write): string {
  const { currentDocument, ...rest } = write;
  const name = documentNameOf(write);
  if (currentDocument?.updateTime) checkUpdateTime(currentDocument.updateTime);
  applyWrite(name, undefined, rest, 0);
  return name;
}

/**
 * Applies one write.
 * @param old the document after the earlier writes of the same commit
 * @throws FirestoreError if the precondition fails or the write is invalid
 */
export function applyWrite(
  name: string,
  old: StoredDocument | undefined,
  write: Write,
  at: Micros,
): WriteOutcome {
  checkPrecondition(name, old, write.currentDocument);
  const { update, updateMask, updateTransforms } = write;
  if (!update) {
    const kind = write.transform ? 'transform' : 'delete';
    if (updateMask) throw invalidArgument(`a ${kind} must not specify a document mask.`);
    if (updateTransforms?.length) throw invalidArgument(`a ${kind} must not specify a update transform.`);
  }
  if (write.delete !== undefined) return { document: undefined, transformResults: [] };
  if (write.transform && !write.transform.fieldTransforms?.length) {
    throw invalidArgument('The list of FieldTransform must not be empty.');
  }
  checkTransformPaths(transformsOf(write));
  let fields = updatedFields(old?.fields ?? {}, write);
  const transformResults: Value[] = [];
  for (const transform of transformsOf(write)) {
    const applied = applyTransform(fields, transform, at);
    fields = applied.fields;
    transformResults.push(applied.result);
  }
  const updateTime = toTimestamp(at);
  return {
    document: { name, fields, createTime: old?.createTime ?? updateTime, updateTime },
    transformResults,
  };
}

/** Rejects transforms of a field and of a field nested in it. The same field can be transformed twice. */
function checkTransformPaths(transforms: FieldTransform[]): void {
  const paths = transforms.map(({ fieldPath = '' }) => parseFieldPath(fieldPath));
  for (const outer of paths) {
    const isOuter = (path: string[]) =>
      path.length > outer.length && outer.every((name, i) => name === path[i]);
    if (!paths.some(isOuter)) continue;
    throw invalidArgument(
      `Cannot transform property ${outer.join('.')} and its nested property at the same time.`,
    );
  }
}

/** Without a mask, an update replaces the document. With a mask, even an empty one, it changes only the masked fields. */
function updatedFields(old: Fields, { update, updateMask }: Write): Fields {
  if (!update) return old;
  const input = toStoredFields(update.fields ?? {});
  if (!updateMask) return input;
  const paths = (updateMask.fieldPaths ?? []).filter((path) => path !== DOCUMENT_ID);
  for (const path of paths) parseFieldPath(path).forEach(checkFieldName);
  return mergeFields(old, input, paths);
}
