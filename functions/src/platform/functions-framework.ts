import { randomUUID } from 'node:crypto';
import { subscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import { AppError, ERRORS, problemOf } from '../core/errors.ts';
import {
  checkUrl,
  hideContentType,
  isClientError,
  MAX_BODY_BYTES,
  payloadTooLarge,
  refuseEarly,
} from '../core/request.ts';
import { structuredLog } from './logging/log.ts';
import { withSourcePositions } from './logging/source-positions.ts';
import { secureResponse } from './security-headers.ts';

interface FrameworkHardening {
  /**
   * Does the function parse the bodies itself? Then the framework only collects the bytes, and cannot answer to a broken body
   * with a page of its own. Functions of the SDK, such as blocking functions, need them parsed.
   */
  readonly parsesBodies: boolean;
  /** URL below which every error code has its page. */
  readonly errorDocs: string;
}

/**
 * `@google-cloud/functions-framework` 5 runs the functions in production. Before it calls one, it reads and inflates bodies
 * of up to 1 GB, refuses some requests with pages of its own, and logs them with their bodies. This checks each request
 * before the framework does, on Node's diagnostics channel. The emulator of the Firebase CLI reads bodies in the same way.
 */
export function installFrameworkHardening({ parsesBodies, errorDocs }: FrameworkHardening): void {
  subscribe('http.server.request.start', (message) => {
    const { request, response } = message as { request: IncomingMessage; response: ServerResponse };
    // Also for responses of the framework itself.
    secureResponse(response);
    try {
      checkEarly(request);
      limitBody(request, response, errorDocs);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      refuseEarly(request, error);
      // The framework then reads no body, and `enforceTransport` answers with the refusal.
      for (const name of ['content-length', 'transfer-encoding', 'content-encoding'])
        delete request.headers[name];
      if (error.code === 'invalid_request') request.url = '/';
    }
    if (parsesBodies) hideContentType(request);
  });
  improveErrors();
}

function checkEarly({ headers, url = '' }: IncomingMessage): void {
  if (Number(headers['content-length'] ?? 0) > MAX_BODY_BYTES) throw payloadTooLarge();
  const plain = (headers['content-encoding'] ?? 'identity') === 'identity';
  if (!plain || /charset=(?!"?utf-8\b)/i.test(headers['content-type'] ?? '')) {
    throw new AppError('unsupported_media_type', 'Send the body as UTF-8, not compressed.');
  }
  checkUrl(url);
}

/** Stops reading a body without a declared length at the limit. */
function limitBody(request: IncomingMessage, response: ServerResponse, errorDocs: string): void {
  if (request.headers['transfer-encoding'] === undefined) return;
  let bytes = 0;
  const push = request.push.bind(request);
  request.push = (chunk, encoding) => {
    bytes += chunk === null ? 0 : chunk.length;
    if (bytes <= MAX_BODY_BYTES) return push(chunk, encoding);
    if (!response.headersSent) {
      const requestId = randomUUID();
      const refusal = payloadTooLarge();
      const { code } = refusal;
      const { status } = ERRORS[code];
      // The function is not called, which would write this line.
      structuredLog.transport({ requestId, granted: false, code, status, method: request.method ?? '' });
      response.setHeader('X-Request-Id', requestId);
      response.writeHead(status, { 'Content-Type': 'application/problem+json', Connection: 'close' });
      response.end(JSON.stringify(problemOf(refusal, { errorDocs, requestId })), () => request.destroy());
    }
    return false;
  };
}

/**
 * The framework prints what its body parser throws as an error, with the body. For a request that the caller made wrong or
 * aborted, this writes the name and type only, with severity INFO: a client cannot write ERROR lines. Other errors get the
 * positions in the source, also what the framework prints of an uncaught one.
 */
export function improveErrors(): void {
  const { error } = console;
  console.error = (...args: unknown[]) => {
    const [thrown] = args;
    if (isClientError(thrown)) console.info(`${thrown.name}: ${thrown.type}`);
    else error(...args.map(locate));
  };
}

function locate(value: unknown): unknown {
  if (typeof value === 'string') return withSourcePositions(value);
  return value instanceof Error ? withSourcePositions(inspect(value)) : value;
}
