import type { IncomingHttpHeaders } from 'node:http';
import express, { type RequestHandler } from 'express';
import { AppError } from '../errors.ts';
import { isJson } from '../lib/is-json.ts';
import { MAX_BODY_BYTES, payloadTooLarge } from '../transport.ts';

const collect = express.raw({ type: () => true, limit: MAX_BODY_BYTES, inflate: false });

/**
 * Reads the body as JSON, from the bytes as they came: the functions framework also parses forms and text into `body`,
 * and a form is what a foreign page can send without asking.
 */
export const readBody: RequestHandler = (req, res, next) => {
  const { rawBody } = req as { rawBody?: Buffer };
  if (rawBody !== undefined) {
    parse(rawBody);
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
      parse(Buffer.isBuffer(req.body) ? req.body : Buffer.alloc(0));
    } catch (failure) {
      next(failure);
    }
  });

  function parse(bytes: Buffer): void {
    req.body = undefined;
    if (bytes.length > 0) {
      if (!isPlainJson(req.headers)) {
        throw new AppError(
          'unsupported_media_type',
          'Send the body as Content-Type: application/json, not compressed.',
        );
      }
      try {
        req.body = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
      } catch (cause) {
        throw new AppError('invalid_request', 'The body is not valid JSON.', { cause });
      }
    }
    next();
  }
};

function isPlainJson(headers: IncomingHttpHeaders): boolean {
  return isJson(headers['content-type']) && (headers['content-encoding'] ?? 'identity') === 'identity';
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
