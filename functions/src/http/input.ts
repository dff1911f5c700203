import type { Request } from 'express';
import type * as z from 'zod';
import { AppError } from '../core/errors.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { fieldErrors, invalidFields } from '../core/parse-input.ts';
import type { Operation } from '../pipeline/operation.ts';

type Part = 'query' | 'body';

/** How the input of an operation is read from a request. */
export interface HttpInput {
  /** @throws AppError `invalid_argument`, `invalid_request` naming the part of the request */
  read(req: Request): unknown;
  locate(field: string): string;
}

/** Path parameters by name; all other fields in the query of GET and DELETE, else in the body. */
export function httpInput({ http, input, etag, effect }: Operation): HttpInput {
  const inPath = new Set([...http.path.matchAll(/:(\w+)/g)].map(([, name = '']) => name));
  const part: Part = http.method === 'get' || http.method === 'delete' ? 'query' : 'body';
  const shape: Readonly<Record<string, z.core.$ZodType>> = input.shape;
  const takesFields = Object.keys(shape).some((name) => !inPath.has(name));
  const takesVersion = etag !== undefined && effect === 'write' && shape.version !== undefined;
  const isNumber = kindOf(shape.version) === 'number';

  function versionFrom(ifMatch: string, inBody: unknown): string | number {
    // `W/` is what a compressing proxy makes of our ETag. `*` would match any version.
    const tag = /^(?:W\/)?"([\d.]{1,40})"$/.exec(ifMatch.trim())?.[1];
    if (tag === undefined || (isNumber && !/^\d{1,15}$/.test(tag))) {
      throw invalidFields([{ field: 'headers.if-match', message: 'Send the ETag as you got it, e.g. "3".' }]);
    }
    const version = isNumber ? Number(tag) : tag;
    if (inBody !== undefined && inBody !== version) {
      throw invalidFields([
        { field: 'body.version', message: 'This is another version than If-Match says.' },
      ]);
    }
    return version;
  }

  function locate(field: string): string {
    const [name = ''] = field.split('.', 1);
    return field === '' ? part : `${inPath.has(name) ? 'params' : part}.${field}`;
  }

  return {
    locate,
    read(req) {
      const ifMatch = req.headers['if-match'];
      // A condition that is ignored would be a false promise.
      if (ifMatch !== undefined && effect === 'write' && !takesVersion) {
        throw new AppError('invalid_request', 'This request takes no If-Match.');
      }
      const query: JsonObject = req.url.includes('?') ? req.query : {};
      const body: unknown = req.body;
      if (part === 'query' || !takesFields) refuseOther('body', body);
      if (part === 'body') refuseOther('query', query);
      const sent: unknown = part === 'query' ? fromText(query, shape) : body === undefined ? {} : body;
      if (!isJsonObject(sent)) return sent;
      const value = {
        ...sent,
        ...req.params,
        ...(ifMatch !== undefined && takesVersion && { version: versionFrom(ifMatch, sent.version) }),
      };
      const repeated = [...inPath].filter((name) => Object.hasOwn(sent, name));
      if (repeated.length === 0) return value;
      const others = input.safeParse(value).error;
      throw invalidFields([
        ...repeated.map((name) => ({ field: `${part}.${name}`, message: 'There is no such field.' })),
        ...(others === undefined ? [] : fieldErrors(others, locate)),
      ]);
    },
  };
}

/** The part of a request that the operation does not read must be empty: nothing is accepted and then ignored. */
function refuseOther(part: Part, value: unknown): void {
  if (value === undefined || (isJsonObject(value) && Object.keys(value).length === 0)) return;
  const message = `This request takes no ${part === 'query' ? 'query parameters' : 'body'}.`;
  throw new AppError('invalid_argument', message, { errors: [{ field: part, message }] });
}

/** In a query string every value is text: numbers and booleans are read where the schema has them. */
function fromText(query: JsonObject, shape: Readonly<Record<string, z.core.$ZodType>>): JsonObject {
  return Object.fromEntries(
    Object.entries(query).map(([name, text]) => {
      const kind = Object.hasOwn(shape, name) ? kindOf(shape[name]) : undefined;
      if (kind === 'number' && typeof text === 'string' && /^\d{1,15}$/.test(text))
        return [name, Number(text)];
      if (kind === 'boolean' && (text === 'true' || text === 'false')) return [name, text === 'true'];
      return [name, text];
    }),
  );
}

/** The type below what makes a field optional. */
function kindOf(schema: z.core.$ZodType | undefined): string | undefined {
  const def = schema?._zod.def;
  return def !== undefined && 'innerType' in def ? kindOf(def.innerType as z.core.$ZodType) : def?.type;
}
