import { subscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { AppError, problemOf } from '../core/errors.ts';
import { checkPath, MAX_BODY_BYTES, payloadTooLarge, refuseEarly } from '../core/request.ts';
import { secureResponse } from './security-headers.ts';

/**
 * What runs a function in production, `@google-cloud/functions-framework` 5, reads and inflates bodies of up to 1 GB,
 * refuses some requests with pages of its own, and logs them with their bodies, all before the function is called. Node
 * announces each request before the framework sees it: that is where these are caught.
 */

export function installFrameworkHardening(): void {
  subscribe('http.server.request.start', (message) => {
    const { request, response } = message as { request: IncomingMessage; response: ServerResponse };
    // Also on what the framework answers by itself.
    secureResponse(response);
    try {
      checkEarly(request);
      limitBody(request, response);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      refuseEarly(request, error);
      // As if there were no body: nothing is read, nothing inflated. The first gate answers with the refusal.
      for (const name of ['content-length', 'transfer-encoding', 'content-encoding'])
        delete request.headers[name];
      if (error.code === 'invalid_request') request.url = '/';
    }
  });
  redactBodiesOnConsole();
}

function checkEarly({ headers, url = '' }: IncomingMessage): void {
  if (Number(headers['content-length'] ?? 0) > MAX_BODY_BYTES) throw payloadTooLarge();
  const plain = (headers['content-encoding'] ?? 'identity') === 'identity';
  if (!plain || /charset=(?!"?utf-8\b)/i.test(headers['content-type'] ?? '')) {
    throw new AppError('unsupported_media_type', 'Send the body as UTF-8, not compressed.');
  }
  checkPath(url.split('?', 1)[0] ?? '');
}

/** A body that does not say how long it is gets cut off where it grows too long. */
function limitBody(request: IncomingMessage, response: ServerResponse): void {
  if (request.headers['transfer-encoding'] === undefined) return;
  let bytes = 0;
  const push = request.push.bind(request);
  request.push = (chunk, encoding) => {
    bytes += chunk === null ? 0 : chunk.length;
    if (bytes <= MAX_BODY_BYTES) return push(chunk, encoding);
    if (!response.headersSent) {
      const problem = problemOf(payloadTooLarge());
      response.writeHead(413, { 'Content-Type': 'application/problem+json', Connection: 'close' });
      response.end(JSON.stringify(problem), () => request.destroy());
    }
    return false;
  };
}

/** The framework prints its body parser's errors whole, and they carry the body. Leaves what kind of error it is. */
export function redactBodiesOnConsole(): void {
  const { error } = console;
  console.error = (...args: unknown[]) => error(...args.map(withoutBody));
}

function withoutBody(value: unknown): unknown {
  return value instanceof Error && 'body' in value && 'type' in value
    ? `${value.name}: ${String(value.type)}`
    : value;
}
