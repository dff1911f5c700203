import type { IncomingMessage } from 'node:http';
import { AppError } from './errors.ts';

/**
 * Every line of a header as received; `headers` has the first only. Unlike `headersDistinct` it does not parse the other
 * headers.
 *
 * @param name lower-case
 */
export function headerLines({ headers, rawHeaders }: IncomingMessage, name: string): string[] {
  const lines: string[] = [];
  if (headers[name] === undefined) return lines;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const raw = rawHeaders[at] ?? '';
    if (raw.length === name.length && raw.toLowerCase() === name) lines.push(rawHeaders[at + 1] ?? '');
  }
  return lines;
}

/**
 * The headers of a request for authentication. Behind a gateway `Authorization` may hold the gateway's own token.
 *
 * @param lines every line of a header, by its lower-case name
 */
export function credentialHeaders(
  { behindGateway }: { readonly behindGateway: boolean },
  lines: (name: string) => readonly string[],
): (name: string) => readonly string[] {
  const header = behindGateway ? 'x-forwarded-authorization' : 'authorization';
  return (name) => lines(name === 'authorization' ? header : name);
}

/** Is this `Content-Type` JSON, with or without parameters? */
export function isJson(contentType: string | undefined): boolean {
  return /^application\/json\s*(;|$)/i.test(contentType ?? '');
}

/**
 * Is this an error of Express's body parser about the request itself? `expose` and `type` are of its package `http-errors`:
 * the first is true for status 4xx.
 */
export function isClientError(error: unknown): error is Error & { readonly type: string } {
  return (
    error instanceof Error &&
    'expose' in error &&
    error.expose === true &&
    'type' in error &&
    typeof error.type === 'string'
  );
}

/** The largest body, in bytes. */
export const MAX_BODY_BYTES = 100 * 1024;

/** The refusal of a larger body. */
export function payloadTooLarge(cause?: unknown): AppError {
  return new AppError('payload_too_large', `A body has at most ${MAX_BODY_BYTES} bytes.`, { cause });
}

/** Reads a body as JSON. @throws AppError `invalid_request` for other bytes, and for bytes that are not UTF-8 */
export function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new AppError('invalid_request', 'The body is not valid JSON.', { cause });
  }
}

const restores = new WeakMap<object, () => void>();

/** Lets the body parsers of a framework see bytes, which they only collect. Until {@link restoreContentType}. */
export function hideContentType(request: IncomingMessage): void {
  const { headers } = request;
  const type = headers['content-type'];
  if (type === undefined) return;
  headers['content-type'] = 'application/octet-stream';
  restores.set(request, () => {
    headers['content-type'] = type;
  });
}

export function restoreContentType(request: object): void {
  restores.get(request)?.();
}

const earlyRefusals = new WeakMap<object, AppError>();

/** Records a refusal before the function is called. `enforceTransport` answers with it. */
export function refuseEarly(request: object, refusal: AppError): void {
  earlyRefusals.set(request, refusal);
}

export function earlyRefusalOf(request: object): AppError | undefined {
  return earlyRefusals.get(request);
}

/**
 * Checks the target of a request: a path and a query (RFC 9112 §3.2.1) in percent-encoded UTF-8. On others Express fails, or
 * reads replacement characters.
 *
 * @throws AppError `invalid_request`
 */
export function checkUrl(url: string): void {
  if (!url.startsWith('/')) throw new AppError('invalid_request', 'The request target is not a path.');
  if (!url.includes('%')) return;
  try {
    decodeURIComponent(url);
  } catch (cause) {
    throw new AppError('invalid_request', 'The URL is not valid percent-encoded UTF-8.', { cause });
  }
}
