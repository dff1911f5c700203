import { invalidArgument } from './status.ts';
import { compareUtf8, utf8Length } from './utf8.ts';

/** Limits of https://firebase.google.com/docs/firestore/quotas, in bytes. */
const MAX_ID_BYTES = 1500;
const MAX_NAME_BYTES = 6 * 1024;
const MAX_COLLECTION_DEPTH = 100;

const SIMPLE_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const PATH_SEGMENT = /([A-Za-z_][A-Za-z0-9_]*)|`((?:[^`\\]|\\.)+)`/sy;
const RESERVED = /^__.+__$/s;
/** A numeric id, from Datastore: a 64-bit integer other than zero, without leading zeros. */
const NUMERIC_ID = /^__id(-?[1-9]\d*)__$/;
const ROOT_NAME = /^projects\/[^/]+\/databases\/[^/]+\/documents$/;
const DOCUMENT_NAME = /^(projects\/([^/]+)\/databases\/([^/]+)\/documents)\/(.+)$/s;

/** The pseudo-field that stands for a document's name in queries. */
export const DOCUMENT_ID = '__name__';

/**
 * Splits a dotted field path. A segment that is not an identifier is quoted in backticks, with backslash escapes.
 * @throws FirestoreError INVALID_ARGUMENT
 */
export function parseFieldPath(text: string): string[] {
  const segments: string[] = [];
  for (let at = 0; ; at++) {
    PATH_SEGMENT.lastIndex = at;
    const match = PATH_SEGMENT.exec(text);
    const segment = match?.[1] ?? match?.[2]?.replace(/\\(.)/gs, '$1');
    if (segment === undefined) break;
    segments.push(segment);
    at = PATH_SEGMENT.lastIndex;
    if (at === text.length) return segments;
    if (text[at] !== '.') break;
  }
  throw invalidArgument(
    `Invalid property path "${text}". Names that are not identifiers must be quoted with backticks.`,
  );
}

/** The inverse of parseFieldPath. Quotes only where necessary. */
export const formatFieldPath = (path: readonly string[]) =>
  path.map((name) => (SIMPLE_NAME.test(name) ? name : `\`${name.replace(/[\\`]/g, '\\$&')}\``)).join('.');

/** Whether a field has this name in no document. */
export const isReserved = (name: string) => RESERVED.test(name);

/** @throws FirestoreError INVALID_ARGUMENT for a name that no stored field can have */
export function checkFieldName(name: string): void {
  if (name === '') throw invalidArgument('The property name is the empty string.');
  if (isReserved(name)) throw invalidArgument(`The property name "${name}" is reserved.`);
  if (utf8Length(name) > MAX_ID_BYTES) {
    throw invalidArgument(`The property name is longer than ${MAX_ID_BYTES} bytes.`);
  }
}

/** The parts of a document's resource name. `root` ends in `/documents`. `parent` is a document or the root. */
export interface DocumentName {
  readonly projectId: string;
  readonly databaseId: string;
  readonly root: string;
  readonly segments: readonly string[];
  readonly collectionId: string;
  readonly id: string;
  readonly parent: string;
}

/** Parses a document name. Does not check whether its ids may be written. @throws FirestoreError INVALID_ARGUMENT */
export function parseDocumentName(name: string): DocumentName {
  const [, root, projectId, databaseId, path] = DOCUMENT_NAME.exec(name) ?? [];
  const segments = path?.split('/') ?? [];
  const [collectionId, id] = segments.slice(-2);
  if (!root || !projectId || !databaseId || !collectionId || !id || segments.includes('')) {
    throw invalidArgument(`Document name "${name}" is not of the form projects/*/databases/*/documents/*/*.`);
  }
  if (segments.length % 2 !== 0) {
    throw invalidArgument(`Document name "${name}" has an odd number of path elements: it is a collection.`);
  }
  const parent = [root, ...segments.slice(0, -2)].join('/');
  return { projectId, databaseId, root, segments, collectionId, id, parent };
}

/** @throws FirestoreError INVALID_ARGUMENT for a name that no document can have */
export function checkDocumentName(name: string): void {
  const { segments } = parseDocumentName(name);
  segments.forEach((id, i) => {
    if (i % 2 === 0) checkCollectionId(id);
    else checkDocumentId(id);
  });
  if (utf8Length(name) > MAX_NAME_BYTES) {
    throw invalidArgument(`The document name is longer than ${MAX_NAME_BYTES} bytes.`);
  }
  if (segments.length > 2 * MAX_COLLECTION_DEPTH) {
    throw invalidArgument(`The document is deeper than ${MAX_COLLECTION_DEPTH} collections.`);
  }
}

/**
 * Checks the parent of a collection.
 *
 * @returns whether it is a document, not the root `projects/{p}/databases/{d}/documents`
 * @throws FirestoreError INVALID_ARGUMENT if it is neither
 */
export function checkParent(parent: string): boolean {
  if (ROOT_NAME.test(parent)) return false;
  checkDocumentName(parent);
  return true;
}

/** The root of the database of a resource: `projects/{p}/databases/{d}/documents`. */
export const rootOf = (resource: string) => resource.split('/', 5).join('/');

/** @throws FirestoreError INVALID_ARGUMENT for a string that is no valid collection id */
export function checkCollectionId(id: string): void {
  checkId(id, 'Collection');
  if (RESERVED.test(id)) throw invalidArgument(`Collection id "${id}" is invalid because it is reserved.`);
}

function checkDocumentId(id: string): void {
  checkId(id, 'Resource');
  if (!RESERVED.test(id)) return;
  const number = NUMERIC_ID.exec(id)?.[1];
  if (number === undefined) throw invalidArgument(`Resource id "${id}" is invalid because it is reserved.`);
  if (BigInt.asIntN(64, BigInt(number)) !== BigInt(number)) {
    throw invalidArgument(`Resource id "${id}" is invalid because it is not a 64 bit integer.`);
  }
}

function checkId(id: string, kind: 'Collection' | 'Resource'): void {
  if (id === '') throw invalidArgument('A path element is the empty string.');
  if (id === '.' || id === '..')
    throw invalidArgument(`${kind} id "${id}" is invalid because it is reserved.`);
  if (id.includes('/')) throw invalidArgument(`${kind} id "${id}" is invalid because it contains "/".`);
  if (utf8Length(id) > MAX_ID_BYTES) {
    throw invalidArgument(`The ${kind.toLowerCase()} id is longer than ${MAX_ID_BYTES} bytes.`);
  }
}

/** Stored size of an id in bytes: 8 for a numeric id, otherwise the string and a terminator. */
export const idSize = (id: string) => (NUMERIC_ID.test(id) ? 8 : utf8Length(id) + 1);

/** Compares resource names segment by segment, so that a document comes directly before its subcollections. */
export function compareNames(a: string, b: string): number {
  const left = a.split('/');
  const right = b.split('/');
  const length = Math.min(left.length, right.length);
  for (let i = 0; i < length; i++) {
    const order = compareIds(left[i] ?? '', right[i] ?? '');
    if (order !== 0) return order;
  }
  return Math.sign(left.length - right.length);
}

/** Numeric ids (`__id7__`, from Datastore) come first, in numeric order. */
function compareIds(a: string, b: string): number {
  const left = NUMERIC_ID.exec(a)?.[1];
  const right = NUMERIC_ID.exec(b)?.[1];
  if (left === undefined && right === undefined) return compareUtf8(a, b);
  if (left === undefined) return 1;
  if (right === undefined) return -1;
  const difference = BigInt(left) - BigInt(right);
  return difference === 0n ? 0 : difference < 0n ? -1 : 1;
}
