import { readFileSync } from 'node:fs';
import { parseDocument, serializeDocument } from './json-lines.ts';
import type { Store } from './store.ts';

const FORMAT = 'embedded-firestore';
const VERSION = 1;

/** The documents of all databases of a store, as text: a header line with their number, then one document per line. */
export function writeDocuments(store: Store): string {
  const documents = store.databases().flatMap((database) => database.all());
  const header = JSON.stringify({ format: FORMAT, version: VERSION, documents: documents.length });
  return [header, ...documents.map(serializeDocument), ''].join('\n');
}

/** Adds documents to a store. @throws if the text is not what {@link writeDocuments} writes */
export function readDocuments(store: Store, text: string): void {
  const [header = '', ...lines] = text.split('\n');
  const { format, version, documents } = JSON.parse(header) as Record<string, unknown>;
  if (format !== FORMAT || version !== VERSION) throw new Error(`its format is not ${FORMAT} ${VERSION}`);
  if (lines.pop() !== '' || lines.length !== documents) {
    throw new Error(`its header says ${documents} documents, but it has ${lines.length} lines`);
  }
  for (const document of lines.map(parseDocument)) store.open(document.name).database.restore(document);
}

/** Whether a file was written by the embedded Firestore, and not by Google's emulator. */
export const isDocumentsFile = (path: string) =>
  readFileSync(path).subarray(0, 100).toString('latin1').includes(`"${FORMAT}"`);
