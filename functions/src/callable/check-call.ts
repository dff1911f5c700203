import type { Request } from 'firebase-functions/https';
import { AppError } from '../core/errors.ts';
import { isJsonObject } from '../core/json.ts';
import { isJson, parseJson } from '../core/request.ts';

/** Parses a body that the framework has only collected. @throws AppError `invalid_request` for broken JSON */
export function parseCall(req: Request): void {
  if (Buffer.isBuffer(req.body) && isJson(req.headers['content-type'])) req.body = parseJson(req.body);
}

/**
 * The callable protocol (https://firebase.google.com/docs/functions/callable-reference), before the SDK looks at it: the
 * SDK writes the bodies it refuses to the log, and fails as `internal` on data it cannot decode.
 *
 * @throws AppError `invalid_request`
 */
export function checkCall({ method, url, headers, body }: Request): void {
  const isPost = method === 'POST' && isJson(headers['content-type']) && !url.includes('?');
  if (!isPost || !isCall(body) || !isDecodable(body.data)) {
    const detail = 'A callable takes a POST of {"data": …} as application/json, without a query.';
    throw new AppError('invalid_request', detail);
  }
}

function isCall(body: unknown): body is { data: unknown } {
  return isJsonObject(body) && Object.keys(body).join() === 'data';
}

const MAX_DEPTH = 64;
const LONG = /^type\.googleapis\.com\/google\.protobuf\.U?[Ii]nt64Value$/;

/**
 * Shallow enough to walk, typed values (a `long` of Android or iOS) only of the types that the SDK knows, and no `__proto__`:
 * the SDK would set the prototype of the object, and a strict schema takes the fields of a prototype for sent fields.
 */
function isDecodable(data: unknown, depth = 0): boolean {
  if (typeof data !== 'object' || data === null) return true;
  if (depth === MAX_DEPTH) return false;
  if ('@type' in data) {
    return (
      typeof data['@type'] === 'string' &&
      LONG.test(data['@type']) &&
      'value' in data &&
      (typeof data.value === 'string' || typeof data.value === 'number') &&
      /^-?\d+$/.test(String(data.value))
    );
  }
  if (Object.hasOwn(data, '__proto__')) return false;
  return Object.values(data).every((value) => isDecodable(value, depth + 1));
}
