import { randomBytes } from 'node:crypto';
import { commitWrites } from '../commit.ts';
import type { StoredDocument } from '../document.ts';
import type { Consistency, DocumentMessage, Mask, Precondition, Write } from '../messages.ts';
import { checkDocumentName, checkId, parseDocumentName, parseFieldPath } from '../path.ts';
import { pickFields } from '../query/projection.ts';
import { openReading } from '../reading.ts';
import { invalidArgument, notFound } from '../status.ts';
import type { Opened, Store } from '../store.ts';
import { toTimestamp } from '../time.ts';

export interface GetDocumentRequest extends Consistency {
  name?: string;
  mask?: Mask;
}

export function getDocument(store: Store, request: GetDocumentRequest): DocumentMessage {
  const { name = '', mask } = request;
  parseDocumentName(name);
  const opened = store.open(name);
  const { at, transaction } = openReading(opened, request);
  transaction?.documents.add(name);
  const document = opened.database.get(name, at);
  if (!document) throw notFound(`Document "${name}" not found.`);
  return masked(document, mask);
}

export interface BatchGetRequest extends Consistency {
  database?: string;
  documents?: string[];
  mask?: Mask;
}

/** Each document once, found or missing; the id of a transaction that begins with this comes first, alone. */
export function* batchGetDocuments(store: Store, request: BatchGetRequest): Iterable<object> {
  const { database: databaseName = '', documents = [], mask } = request;
  const opened = store.open(databaseName);
  const names = new Set(documents);
  for (const name of names) {
    parseDocumentName(name);
    if (!name.startsWith(`${opened.database.name}/`)) {
      throw invalidArgument(`Document name "${name}" is not in database "${opened.database.name}".`);
    }
  }
  const reading = openReading(opened, request);
  const readTime = toTimestamp(reading.readTime);
  const results = [...names].map((name) => {
    reading.transaction?.documents.add(name);
    const document = opened.database.get(name, reading.at);
    return document ? { found: masked(document, mask), readTime } : { missing: name, readTime };
  });
  if (reading.begun) yield { transaction: reading.begun };
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
  checkId(collectionId);
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
  commitWrites(store.open(name).database, [{ delete: name, ...(currentDocument && { currentDocument }) }]);
  return {};
}

function writeOne({ database }: Opened, name: string, write: Write, mask?: Mask): DocumentMessage {
  commitWrites(database, [write]);
  const document = database.get(name);
  if (!document) throw notFound(`Document "${name}" not found.`);
  return masked(document, mask);
}

/** A document as a read with a field mask sees it. */
export function masked(document: StoredDocument, mask?: Mask): StoredDocument {
  if (!mask) return document;
  return { ...document, fields: pickFields(document.fields, (mask.fieldPaths ?? []).map(parseFieldPath)) };
}
