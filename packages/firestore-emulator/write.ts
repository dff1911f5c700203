import type { StoredDocument } from './document.ts';
import { mergeFields } from './fields.ts';
import { acceptFields } from './limits.ts';
import type { Fields, FieldTransform, Write } from './messages.ts';
import { checkDocumentName, checkFieldName, parseFieldPath } from './path.ts';
import { checkPrecondition } from './precondition.ts';
import { invalidArgument } from './status.ts';
import { type Micros, toTimestamp } from './time.ts';
import { applyTransform } from './transform.ts';
import type { Value } from './value.ts';

/** What one write makes of a document. */
export interface Written {
  document: StoredDocument | undefined;
  transformResults: Value[];
}

/** The document a write is about. @throws FirestoreError if there is none, or its name is not valid */
export function targetOf({ update, delete: deleted, transform }: Write): string {
  if (!update && deleted === undefined && !transform) throw invalidArgument('empty write operation');
  const name = update?.name ?? deleted ?? transform?.document ?? '';
  checkDocumentName(name);
  return name;
}

/** How many fields a write transforms. */
export const transformsOf = ({ updateTransforms, transform }: Write): FieldTransform[] => [
  ...(updateTransforms ?? []),
  ...(transform?.fieldTransforms ?? []),
];

/**
 * Carries out one write, on a document as the writes before it in the same commit left it.
 * @throws FirestoreError if the precondition fails or the write is not valid
 */
export function applyWrite(name: string, old: StoredDocument | undefined, write: Write, at: Micros): Written {
  checkPrecondition(name, old, write.currentDocument);
  if (write.delete !== undefined && write.updateMask) {
    throw invalidArgument('a delete must not specify a document mask.');
  }
  if (write.delete !== undefined) return { document: undefined, transformResults: [] };
  if (write.transform && !write.transform.fieldTransforms?.length) {
    throw invalidArgument('The list of FieldTransform must not be empty.');
  }
  checkTransformPaths(transformsOf(write));
  let fields = updatedFields(old?.fields ?? {}, write);
  const transformResults: Value[] = [];
  for (const transform of transformsOf(write)) {
    const transformed = applyTransform(fields, transform, at);
    fields = transformed.fields;
    transformResults.push(transformed.result);
  }
  const updateTime = toTimestamp(at);
  return {
    document: { name, fields, createTime: old?.createTime ?? updateTime, updateTime },
    transformResults,
  };
}

/** What order would decide is refused: a field and one inside it. The same field may be transformed twice. */
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

/** Without a mask an update replaces the document; with one, even an empty one, it touches what the mask names. */
function updatedFields(old: Fields, { update, updateMask }: Write): Fields {
  if (!update) return old;
  const input = acceptFields(update.fields ?? {});
  if (!updateMask) return input;
  const paths = updateMask.fieldPaths ?? [];
  for (const path of paths) parseFieldPath(path).forEach(checkFieldName);
  return mergeFields(old, input, paths);
}
