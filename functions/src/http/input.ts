import type { Request } from 'express';
import type * as z from 'zod';
import { AppError, invalidField } from '../core/errors.ts';
import { versionIn } from '../core/etag.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { fieldErrors, invalidFields } from '../core/parse-input.ts';
import { fieldsIn, type Operation, pathParameters, takesIfMatch } from '../pipeline/operation.ts';

type Shape = Readonly<Record<string, z.core.$ZodType>>;

/** How the input of an operation is read from a request. */
interface HttpInput {
  /** @throws AppError `invalid_argument`, `invalid_request` naming the part of the request */
  read(req: Request): unknown;
  locate(field: string): string;
}

/** Path parameters by name; all other fields in the query of GET and DELETE, else in the body. */
export function httpInput(operation: Operation): HttpInput {
  const { http, input, effect } = operation;
  const inPath = pathParameters(http);
  const part = fieldsIn(http);
  const shape: Shape = input.shape;
  const takesFields = Object.keys(shape).some((name) => !inPath.includes(name));
  const takesVersion = takesIfMatch(operation);

  function locate(field: string): string {
    const [name = ''] = field.split('.', 1);
    return field === '' ? part : `${inPath.includes(name) ? 'params' : part}.${field}`;
  }

  return {
    locate,
    read(req) {
      const ifMatch = req.headers['if-match'];
      // An ignored condition would not protect the caller.
      if (ifMatch !== undefined && effect === 'write' && !takesVersion) {
        throw new AppError('invalid_request', 'This request takes no If-Match.');
      }
      const query: JsonObject = req.url.includes('?') ? req.query : {};
      const body: unknown = req.body;
      if (part === 'query' || !takesFields) refuseOther('body', body);
      if (part === 'body') refuseOther('query', query);
      const sent: unknown = part === 'query' ? fromText(query, shape) : body === undefined ? {} : body;
      if (!isJsonObject(sent)) return sent;
      const isVersioned = ifMatch !== undefined && takesVersion;
      const version = isVersioned && { version: versionFrom(ifMatch, sent.version, shape.version) };
      const value = { ...sent, ...req.params, ...version };
      const repeated = inPath.filter((name) => Object.hasOwn(sent, name));
      if (repeated.length === 0) return value;
      const { error } = input.safeParse(value);
      throw invalidFields([
        ...repeated.map((name) => ({ field: `${part}.${name}`, message: 'There is no such field.' })),
        ...(error === undefined ? [] : fieldErrors(error, locate)),
      ]);
    },
  };
}

/** The version in `If-Match`: a number or a text, as in the schema. @param inBody must be the same, if present */
function versionFrom(ifMatch: string, inBody: unknown, schema: z.core.$ZodType | undefined): string | number {
  const tag = versionIn(ifMatch);
  const isNumber = typeOf(schema) === 'number';
  if (tag === undefined || (isNumber && !/^\d{1,15}$/.test(tag))) {
    throw invalidFields([{ field: 'headers.if-match', message: 'Send the ETag as you got it, e.g. "3".' }]);
  }
  const version = isNumber ? Number(tag) : tag;
  if (inBody !== undefined && inBody !== version) {
    throw invalidFields([{ field: 'body.version', message: 'This is another version than If-Match says.' }]);
  }
  return version;
}

/** The part of a request that the operation does not read must be empty: nothing is accepted and then ignored. */
function refuseOther(part: 'query' | 'body', value: unknown): void {
  if (value === undefined || (isJsonObject(value) && Object.keys(value).length === 0)) return;
  throw invalidField(part, `This request takes no ${part === 'query' ? 'query parameters' : 'body'}.`);
}

/** In a query string every value is text: numbers and booleans are read where the schema has them. */
function fromText(query: JsonObject, shape: Shape): JsonObject {
  return Object.fromEntries(
    Object.entries(query).map(([name, text]) => {
      const type = Object.hasOwn(shape, name) ? typeOf(shape[name]) : undefined;
      if (type === 'number' && typeof text === 'string' && /^\d{1,15}$/.test(text))
        return [name, Number(text)];
      if (type === 'boolean' && (text === 'true' || text === 'false')) return [name, text === 'true'];
      return [name, text];
    }),
  );
}

/** The type of a schema; of an optional one, that of its value. */
function typeOf(schema: z.core.$ZodType | undefined): string | undefined {
  const def = schema?._zod.def;
  // `innerType` of every wrapper is a schema; its type says only `object`.
  return def !== undefined && 'innerType' in def ? typeOf(def.innerType as z.core.$ZodType) : def?.type;
}
