import { randomBytes } from 'node:crypto';
import { checkWrites, commitWrites } from '../commit.ts';
import type { StoredDocument } from '../document.ts';
import type { Consistency, DocumentMessage, Mask, Precondition, Write } from '../messages.ts';
import { checkCollectionId, checkDocumentName } from '../path.ts';
import { toField } from '../query/field.ts';
import { pickFields } from '../query/projection.ts';
import { openReadContext } from '../read-context.ts';
import { invalidArgument, notFound } from '../status.ts';
import type { OpenDatabase, Store } from '../store.ts';
import { toTimestamp } from '../time.ts';

export interface GetDocumentRequest extends Consistency {
  name?: string;
  mask?: Mask;
}

export function getDocument(store: Store, request: GetDocumentRequest): DocumentMessage {
  const { name = '', mask } = request;
  checkDocumentName(name);
  const opened = store.open(name);
  const { at, transaction } = openReadContext(opened, request);
  transaction?.documents.add(name);
  const document = opened.database.get(name, at);
  if (!document) throw notFound(`Document "${name}" not found.`);
  return applyMask(document, pathsOf(mask));
}

export interface BatchGetRequest extends Consistency {
  database?: string;
  documents?: string[];
  mask?: Mask;
}

/** Returns each document once, found or missing. The id of a new transaction comes first, in its own message. */
export function* batchGetDocuments(store: Store, request: BatchGetRequest): Iterable<object> {
  const { database: databaseName = '', documents = [], mask } = request;
  const opened = store.open(databaseName);
  const names = new Set(documents);
  const paths = pathsOf(mask);
  for (const name of names) {
    checkDocumentName(name);
    if (!name.startsWith(`${opened.database.name}/`)) {
      throw invalidArgument(`Document name "${name}" is not in database "${opened.database.name}".`);
    }
  }
  const context = openReadContext(opened, request);
  const readTime = toTimestamp(context.readTime);
  const results = [...names].map((name) => {
    context.transaction?.documents.add(name);
    const document = opened.database.get(name, context.at);
    return document ? { found: applyMask(document, paths), readTime } : { missing: name, readTime };
  });
  if (context.newTransactionId) yield { transaction: context.newTransactionId };
  yield* results;
}

export interface CreateDocumentRequest {
  parent?: string;
  collectionId?: string;
  documentId?: string;
  document?: DocumentMessage;
  mask?: Mask;
}

export function createDocument(store: Store, request: CreateDocumentRequest): DocumentMessage {
  const { parent = '', collectionId = '', documentId, document = {}, mask } = request;
  checkCollectionId(collectionId);
  if (document.name) throw invalidArgument('document.name must not be set');
  const name = `${parent}/${collectionId}/${documentId || randomBytes(10).toString('hex')}`;
  const write = { update: { ...document, name }, currentDocument: { exists: false } };
  return writeOne(store.open(parent), name, write, mask);
}

export interface UpdateDocumentRequest {
  document?: DocumentMessage;
  updateMask?: Mask;
  mask?: Mask;
  currentDocument?: Precondition;
}

export function updateDocument(store: Store, request: UpdateDocumentRequest): DocumentMessage {
  const { document = {}, updateMask, mask, currentDocument } = request;
  const { name = '' } = document;
  const write: Write = { update: document };
  if (updateMask) write.updateMask = updateMask;
  if (currentDocument) write.currentDocument = currentDocument;
  return writeOne(store.open(name), name, write, mask);
}

export function deleteDocument(
  store: Store,
  request: { name?: string; currentDocument?: Precondition },
): object {
  const { name = '', currentDocument } = request;
  checkDocumentName(name);
  const { database } = store.open(name);
  const write = { delete: name, ...(currentDocument && { currentDocument }) };
  commitWrites(database, checkWrites(database, [write]));
  return {};
}

function writeOne({ database }: OpenDatabase, name: string, write: Write, mask?: Mask): DocumentMessage {
  const paths = pathsOf(mask);
  commitWrites(database, checkWrites(database, [write]));
  const document = database.get(name);
  if (!document) throw notFound(`Document "${name}" not found.`);
  return applyMask(document, paths);
}

/** The field paths of a mask. @throws FirestoreError INVALID_ARGUMENT for an invalid one */
export const pathsOf = (mask: Mask | undefined) =>
  mask && (mask.fieldPaths ?? []).map((fieldPath) => toField({ fieldPath }).path);

/** The document with only the fields of a mask, if there is one. */
export const applyMask = (
  document: StoredDocument,
  paths: readonly (readonly string[])[] | undefined,
): StoredDocument => (paths ? { ...document, fields: pickFields(document.fields, paths) } : document);
