import type { IncomingHttpHeaders } from 'node:http';
import express, { type RequestHandler } from 'express';
import { AppError } from '../core/errors.ts';
import { isJson, MAX_BODY_BYTES, payloadTooLarge } from '../core/request.ts';
import type { IsOAuth } from './oauth.ts';

const collect = express.raw({ type: () => true, limit: MAX_BODY_BYTES, inflate: false });

/**
 * Reads the body as JSON, from the bytes as they came: the functions framework also parses forms and text into `body`,
 * and a form is what a foreign page can send without asking. OAuth has forms; its endpoints take the one or the other.
 */
export function readBody(isOAuth: IsOAuth): RequestHandler {
  return (req, res, next) => {
    const { rawBody } = req as { rawBody?: Buffer };
    if (rawBody !== undefined) {
      req.body = parse(rawBody, req.headers, isOAuth(req));
      next();
      return;
    }
    // RFC 9112 §6.3: without either header a request has no body.
    if (req.headers['content-length'] === undefined && req.headers['transfer-encoding'] === undefined) {
      next();
      return;
    }
    collect(req, res, (error?: unknown) => {
      if (error !== undefined) return next(toBodyError(error));
      try {
        req.body = parse(Buffer.isBuffer(req.body) ? req.body : Buffer.alloc(0), req.headers, isOAuth(req));
        next();
      } catch (failure) {
        next(failure);
      }
    });
  };
}

function parse(bytes: Buffer, headers: IncomingHttpHeaders, isOAuth: boolean): unknown {
  if (bytes.length === 0) return undefined;
  if (isOAuth && isPlain(headers, isForm)) return parseForm(bytes);
  if (!isPlain(headers, isJson)) {
    throw new AppError(
      'unsupported_media_type',
      'Send the body as Content-Type: application/json, not compressed.',
    );
  }
  try {
    return JSON.parse(textOf(bytes));
  } catch (cause) {
    throw new AppError('invalid_request', 'The body is not valid JSON.', { cause });
  }
}

function isPlain(headers: IncomingHttpHeaders, isOfType: (contentType?: string) => boolean): boolean {
  return isOfType(headers['content-type']) && (headers['content-encoding'] ?? 'identity') === 'identity';
}

function isForm(contentType = ''): boolean {
  return /^application\/x-www-form-urlencoded\s*(;|$)/i.test(contentType);
}

function textOf(bytes: Buffer): string {
  return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
}

/** RFC 6749 §3.2: a parameter without a value is as if it were not there, and none is given twice. */
function parseForm(bytes: Buffer): Record<string, string> {
  // What is not UTF-8 becomes a replacement character, which no parameter can have.
  const parameters = [...new URLSearchParams(bytes.toString())].filter(([, value]) => value !== '');
  if (new Set(parameters.map(([name]) => name)).size < parameters.length) {
    throw new AppError('invalid_request', 'The body gives a parameter twice.');
  }
  return Object.fromEntries(parameters);
}

function toBodyError(error: unknown): unknown {
  const type = error instanceof Error && 'type' in error ? error.type : undefined;
  switch (type) {
    case 'entity.too.large':
      return payloadTooLarge(error);
    case 'encoding.unsupported':
      return new AppError('unsupported_media_type', 'Send the body uncompressed.', { cause: error });
    case 'request.aborted':
    case 'request.size.invalid':
      return new AppError('invalid_request', 'The body did not arrive whole.', { cause: error });
    default:
      return error;
  }
}
