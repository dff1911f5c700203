import type { IncomingHttpHeaders } from 'node:http';
import express, { type RequestHandler } from 'express';
import { AppError } from '../core/errors.ts';
import { isClientError, isJson, MAX_BODY_BYTES, parseJson, payloadTooLarge } from '../core/request.ts';
import type { IsOAuth } from './problem.ts';

const collect = express.raw({ type: () => true, limit: MAX_BODY_BYTES, inflate: false });

/**
 * Reads the body as JSON, from the bytes as received: the functions framework also parses forms and text into `body`, and
 * pages of other origins can send forms without a preflight. OAuth endpoints take forms as well.
 */
export function readBody(isOAuth: IsOAuth): RequestHandler {
  return (req, res, next) => {
    // Set by the functions framework.
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
  return parseJson(bytes);
}

function isPlain(headers: IncomingHttpHeaders, isOfType: (contentType?: string) => boolean): boolean {
  return isOfType(headers['content-type']) && (headers['content-encoding'] ?? 'identity') === 'identity';
}

function isForm(contentType = ''): boolean {
  return /^application\/x-www-form-urlencoded\s*(;|$)/i.test(contentType);
}

/** RFC 6749 §3.2: a parameter without a value counts as absent, and no parameter may be repeated. */
function parseForm(bytes: Buffer): Record<string, string> {
  // Invalid UTF-8 becomes a replacement character, which no parameter can have.
  const parameters = [...new URLSearchParams(bytes.toString())].filter(([, value]) => value !== '');
  if (new Set(parameters.map(([name]) => name)).size < parameters.length) {
    throw new AppError('invalid_request', 'The body repeats a parameter.');
  }
  return Object.fromEntries(parameters);
}

function toBodyError(error: unknown): unknown {
  if (!isClientError(error)) return error;
  switch (error.type) {
    case 'entity.too.large':
      return payloadTooLarge(error);
    case 'encoding.unsupported':
      return new AppError('unsupported_media_type', 'Send the body uncompressed.', { cause: error });
    default:
      return new AppError('invalid_request', 'The body is incomplete.', { cause: error });
  }
}
