import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Store } from './store.ts';

const CLEAR = /^\/emulator\/v1\/(projects\/[^/]+\/databases\/[^/]+)\/documents\/?$/;

/** The two HTTP requests of Google's emulator that tools rely on: "are you there" and "forget everything". */
export function answerHttp(store: Store, request: IncomingMessage, response: ServerResponse): void {
  request.resume();
  const path = pathOf(request.url ?? '/');
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

/** Empty, which is no known path, if the escapes in it are broken. */
function pathOf(url: string): string {
  try {
    return decodeURIComponent(url.split('?')[0] ?? '');
  } catch {
    return '';
  }
}
