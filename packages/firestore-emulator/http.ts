import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Store } from './store.ts';

const CLEAR = /^\/emulator\/v1\/(projects\/[^/]+\/databases\/[^/]+)\/documents\/?$/;

/** The two HTTP endpoints of Google's emulator that tools use: the health check, and clearing a database. */
export function handleHttpRequest(store: Store, request: IncomingMessage, response: ServerResponse): void {
  request.resume();
  const path = decodePath(request.url ?? '/');
  const database = CLEAR.exec(path)?.[1];
  if (request.method === 'GET' && path === '/') {
    response.end('Ok\n');
  } else if (request.method === 'DELETE' && database !== undefined) {
    store.open(database).database.clear();
    response.setHeader('Content-Type', 'application/json').end('{}\n');
  } else {
    response.writeHead(404, { 'Content-Type': 'text/plain' }).end('Not Found\n');
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
