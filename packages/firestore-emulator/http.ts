import { mkdirSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { writeDocuments } from './documents-file.ts';
import type { Store } from './store.ts';

const CLEAR = /^\/emulator\/v1\/(projects\/[^/]+\/databases\/[^/]+)\/documents\/?$/;
const EXPORT = /^\/emulator\/v1\/projects\/[^/:]+:export$/;

/** The HTTP endpoints of Google's emulator that tools use: the health check, clearing a database, and the export. */
export function handleHttpRequest(store: Store, request: IncomingMessage, response: ServerResponse): void {
  const path = decodePath(request.url ?? '/');
  const database = CLEAR.exec(path)?.[1];
  if (request.method === 'POST' && EXPORT.test(path)) {
    void exportDocuments(store, request, response);
    return;
  }
  request.resume();
  if (request.method === 'GET' && path === '/') {
    response.end('Ok\n');
  } else if (request.method === 'DELETE' && database !== undefined) {
    store.open(database).database.clear();
    response.setHeader('Content-Type', 'application/json').end('{}\n');
  } else {
    response.writeHead(404, { 'Content-Type': 'text/plain' }).end('Not Found\n');
  }
}

/**
 * Writes the documents of all databases to `<export_directory>/<export_name>/<export_name>.overall_export_metadata`, the
 * file that the Firebase CLI names at an import. Only for JSON: a web page cannot send it without asking first.
 */
async function exportDocuments(store: Store, request: IncomingMessage, response: ServerResponse) {
  const answer = (status: number, text: string) =>
    response.writeHead(status, { 'Content-Type': 'text/plain' }).end(text);
  if (!/^application\/json\b/.test(request.headers['content-type'] ?? '')) {
    request.resume();
    answer(415, 'The body must be application/json.\n');
    return;
  }
  try {
    const { export_directory, export_name } = (await json(request)) as Record<string, string>;
    if (typeof export_directory !== 'string' || typeof export_name !== 'string')
      throw new Error('export_directory and export_name are needed');
    const folder = join(export_directory, export_name);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `${export_name}.overall_export_metadata`), writeDocuments(store));
    response.setHeader('Content-Type', 'application/json').end('{}\n');
  } catch (error) {
    answer(400, `${error instanceof Error ? error.message : error}\n`);
  }
}

/** The decoded path, or an empty string (an unknown path) if its percent-encoding is invalid. */
function decodePath(url: string): string {
  try {
    return decodeURIComponent(url.split('?')[0] ?? '');
  } catch {
    return '';
  }
}
