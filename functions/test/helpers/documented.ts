import assert from 'node:assert/strict';
import type { Server } from 'node:http';
import * as z from 'zod';
import { createOpenApiDocument } from '../../scripts/openapi-document.ts';

/** Compares answers with the OpenAPI document. */

interface Media {
  readonly schema: object;
  readonly example?: unknown;
  readonly examples?: Record<string, { readonly $ref?: string; readonly value?: unknown }>;
}
interface Response {
  readonly $ref?: string;
  readonly content?: Record<string, Media>;
  readonly headers?: Record<string, object>;
}
export interface DocumentedOperation {
  readonly operationId: string;
  readonly description: string;
  readonly tags: string[];
  readonly security: Record<string, string[]>[];
  readonly parameters?: {
    name: string;
    in: string;
    required?: boolean;
    schema: Record<string, unknown>;
    example?: unknown;
  }[];
  readonly requestBody?: { readonly content: Record<string, Media> };
  readonly responses: Record<string, Response>;
}
interface Document {
  readonly openapi: string;
  readonly tags: { name: string; description: string }[];
  readonly paths: Record<string, Record<string, DocumentedOperation>>;
  readonly components: {
    readonly schemas: Record<string, object>;
    readonly responses: Record<string, Response>;
    readonly examples: Record<string, { readonly value: unknown }>;
  };
}

// As sent: JSON has no `undefined`.
export const document = JSON.parse(JSON.stringify(createOpenApiDocument())) as Document;

export function responseOf({ responses }: DocumentedOperation, status: number): Response | undefined {
  const response = responses[status];
  return response?.$ref === undefined
    ? response
    : document.components.responses[response.$ref.split('/').at(-1) ?? ''];
}

/** A check against the document's own JSON Schema, not against the zod schema that it was made from. */
export function validatorOf(schema: object): (value: unknown) => string | undefined {
  const whole = { ...schema, $defs: document.components.schemas };
  // zod reads no `required` without `properties`. The linter of packages/openapi-check does.
  const isReadable = (_key: string, value: unknown) =>
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((one) => Object.keys(one ?? {}).join() === 'required')
      ? undefined
      : value;
  const text = JSON.stringify(whole, isReadable).replaceAll('#/components/schemas/', '#/$defs/');
  const local = JSON.parse(text);
  const parser = z.fromJSONSchema(local);
  return (value) => {
    const { error } = parser.safeParse(value);
    return error === undefined ? undefined : z.prettifyError(error);
  };
}

// A path without parameters first: `/users/me` before `/users/{uid}`.
const PATHS = Object.entries(document.paths)
  .map(([path, item]) => ({
    pattern: new RegExp(`^/v1${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`),
    item,
  }))
  .sort((a, b) => a.pattern.source.split('[^/]+').length - b.pattern.source.split('[^/]+').length);
const validators = new Map<Media, ReturnType<typeof validatorOf>>();

interface Answer {
  readonly method: string;
  /** With or without a query. */
  readonly url: string;
  readonly status: number;
  readonly contentType: string | undefined;
  /** undefined: it was not read. */
  readonly text: string | undefined;
}

/** What is not as documented in an answer; undefined when all is, and for a request of no operation. */
export function mismatchOf({ method, url, status, contentType, text }: Answer): string | undefined {
  const path = url.replace(/\?.*/s, '');
  const item = PATHS.find(({ pattern }) => pattern.test(path))?.item;
  const operation = item?.[method === 'HEAD' ? 'get' : method.toLowerCase()];
  if (operation === undefined) return undefined;
  const what = `${method} ${path} ${status}`;
  const response = responseOf(operation, status);
  if (response === undefined) return `${what}: no such status. ${text}`;
  if (method === 'HEAD' || text === undefined) return undefined;
  if (response.content === undefined) return text === '' ? undefined : `${what}: no content. ${text}`;
  const media = response.content[contentType?.split(';')[0] ?? ''];
  if (media === undefined) return `${what}: no such media type ${contentType}`;
  const validate = validators.get(media) ?? validatorOf(media.schema);
  validators.set(media, validate);
  const mismatch = validate(/[/+]json\b/.test(contentType ?? '') ? JSON.parse(text) : text);
  return mismatch === undefined ? undefined : `${what}: ${mismatch} ${text}`;
}

const mismatches: string[] = [];

/** Compares every answer of a server that has the API at `/v1` and at `basePath`. A hook of the root suite reports those that are not documented. */
export function watchAnswers(server: Server, basePath = '/api/v1'): Server {
  return server.prependListener('request', (req, res) => {
    const { method = '', url = '' } = req;
    const end = res.end.bind(res) as (...args: unknown[]) => typeof res;
    // Streams are written before the end, and not read here.
    let isStream = false;
    const write = res.write.bind(res) as (...args: unknown[]) => boolean;
    Object.assign(res, {
      write(...args: unknown[]) {
        isStream = true;
        return write(...args);
      },
      end(...args: unknown[]) {
        const [body] = args;
        const text = typeof body === 'string' || Buffer.isBuffer(body) ? String(body) : '';
        const contentType = res.getHeader('content-type')?.toString();
        const answer = {
          method,
          url: url.startsWith(`${basePath}/`) ? `/v1${url.slice(basePath.length)}` : url,
          status: res.statusCode,
          contentType,
          text: isStream ? undefined : text,
        };
        const mismatch = mismatchOf(answer);
        if (mismatch !== undefined) mismatches.push(mismatch);
        return end(...args);
      },
    });
  });
}

// Not in a child process without mocha.
if (typeof after === 'function') {
  after('every answer is documented in OpenAPI', () => assert.deepEqual(mismatches.splice(0), []));
}
