import type { Request } from 'express';
import type * as z from 'zod';
import { AppError, type FieldError, invalidField } from '../core/errors.ts';
import { versionIn } from '../core/etag.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { inputErrors, invalidFields } from '../core/parse-input.ts';
import { fieldsIn, type Operation, pathParameters, takesIfMatch } from '../pipeline/operation.ts';

/** Its name in `errors`. */
const IF_MATCH = 'headers.if-match';

type Shape = Readonly<Record<string, z.core.$ZodType>>;

/** How the input of an operation is read from a request. */
interface HttpInput {
  /** @throws AppError `invalid_argument`, `invalid_request` naming the part of the request */
  read(req: Request): unknown;
  locate(field: string): string;
}

/** Path parameters by name; all other fields in the query of GET and DELETE, else in the body. */
export function httpInput(operation: Operation): HttpInput {
  const { http, input } = operation;
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
      if (ifMatch !== undefined && !takesVersion) {
        const message = 'This operation compares no versions: send no If-Match.';
        throw new AppError('invalid_argument', message, { errors: [{ field: IF_MATCH, message }] });
      }
      const query: JsonObject = req.url.includes('?') ? req.query : {};
      const body: unknown = req.body;
      if (part === 'query' || !takesFields) refuseOther('body', body);
      if (part === 'body') refuseOther('query', query);
      const refused: FieldError[] = [];
      const sent: unknown =
        part === 'query' ? fromText(query, shape, refused) : body === undefined ? {} : body;
      if (!isJsonObject(sent)) return sent;
      const isVersioned = ifMatch !== undefined && takesVersion;
      const version = isVersioned && { version: versionFrom(ifMatch, sent.version, locate) };
      const value = { ...sent, ...req.params, ...version };
      for (const name of inPath) {
        if (Object.hasOwn(sent, name))
          refused.push({ field: `${part}.${name}`, message: 'There is no such field.' });
      }
      if (refused.length === 0) return value;
      const others = inputErrors(input, value, locate);
      const isNew = ({ field }: FieldError) => refused.every((one) => one.field !== field);
      throw invalidFields([...refused, ...others.filter(isNew)]);
    },
  };
}

/** The version in `If-Match`. @param sent must be the same, if present */
function versionFrom(ifMatch: string, sent: unknown, locate: HttpInput['locate']): number {
  const version = versionIn(ifMatch);
  if (version === undefined) {
    throw invalidFields([{ field: IF_MATCH, message: 'Send the ETag as you got it, e.g. "3".' }]);
  }
  if (sent !== undefined && sent !== version) {
    throw invalidFields([
      { field: locate('version'), message: 'This is another version than If-Match says.' },
    ]);
  }
  return version;
}

/** The part of a request that the operation does not read must be empty: nothing is accepted and then ignored. */
function refuseOther(part: 'query' | 'body', value: unknown): void {
  if (value === undefined || (isJsonObject(value) && Object.keys(value).length === 0)) return;
  throw invalidField(part, `This request takes no ${part === 'query' ? 'query parameters' : 'body'}.`);
}

/**
 * In a query string every value is text: numbers and booleans are read where the schema has them, in one notation each.
 *
 * @param refused gets an error for each other value, which is left out of the result
 */
function fromText(query: JsonObject, shape: Shape, refused: FieldError[]): JsonObject {
  const values: [string, unknown][] = [];
  for (const [name, sent] of Object.entries(query)) {
    const type = Object.hasOwn(shape, name) ? typeOf(shape[name]) : undefined;
    const [value, message] = readText(sent, type);
    if (message === undefined) values.push([name, value]);
    else refused.push({ field: `query.${name}`, message });
  }
  return Object.fromEntries(values);
}

function readText(sent: unknown, type: string | undefined): [value: unknown, message?: string] {
  if (Array.isArray(sent) && type !== undefined && type !== 'array') return [sent, 'Send it once.'];
  const text = String(sent);
  if (type === 'number') {
    return /^(0|-?[1-9]\d{0,14})$/.test(text)
      ? [Number(text)]
      : [sent, 'Send a whole number in digits, e.g. 50.'];
  }
  if (type === 'boolean') {
    return text === 'true' || text === 'false' ? [text === 'true'] : [sent, 'Send true or false.'];
  }
  return [sent];
}

/** The type of a schema; of an optional one, that of its value. */
function typeOf(schema: z.core.$ZodType | undefined): string | undefined {
  const def = schema?._zod.def;
  // `innerType` of every wrapper is a schema; its type says only `object`.
  return def !== undefined && 'innerType' in def ? typeOf(def.innerType as z.core.$ZodType) : def?.type;
}
