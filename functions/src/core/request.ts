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

/** Is this `Content-Type` JSON, with or without parameters? */
export function isJson(contentType: string | undefined): boolean {
  return /^application\/json\s*(;|$)/i.test(contentType ?? '');
}

/** The largest body, in bytes. */
export const MAX_BODY_BYTES = 100 * 1024;

/** The refusal of a larger body. */
export function payloadTooLarge(cause?: unknown): AppError {
  return new AppError('payload_too_large', `A body has at most ${MAX_BODY_BYTES} bytes.`, { cause });
}

const earlyRefusals = new WeakMap<object, AppError>();

/** Records a refusal before the function is called. `enforceTransport` answers with it. */
export function refuseEarly(request: object, refusal: AppError): void {
  earlyRefusals.set(request, refusal);
}

export function earlyRefusalOf(request: object): AppError | undefined {
  return earlyRefusals.get(request);
}

/** @throws AppError `invalid_request` for a path on which Express would fail */
export function checkPath(path: string): void {
  if (!path.includes('%')) return;
  try {
    decodeURIComponent(path);
  } catch (cause) {
    throw new AppError('invalid_request', 'The path is not valid percent-encoded UTF-8.', { cause });
  }
}
