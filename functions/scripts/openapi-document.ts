import * as z from 'zod';
import {
  createDocument,
  type ZodOpenApiOperationObject,
  type ZodOpenApiPathsObject,
  type ZodOpenApiResponsesObject,
} from 'zod-openapi';
import packageJson from '../package.json' with { type: 'json' };
import { modules } from '../src/app.ts';
import { type AccessRule, permissionOf } from '../src/authz/access-rule.ts';
import { ERRORS, type ErrorCode } from '../src/core/errors.ts';
import {
  fieldsIn,
  type Operation,
  pathParameters,
  pathTemplate,
  takesIfMatch,
} from '../src/pipeline/operation.ts';

const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.enum(Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]),
    requestId: z.string(),
    errors: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457 problem details.' });

const oauthProblem = problem
  .extend({ error: z.string(), error_description: z.string() })
  .meta({ id: 'OAuthProblem', description: 'A problem with the members of RFC 6749 §5.2.' });

const ifMatch = z.string().optional().meta({ description: 'The ETag that was read (RFC 9110 §13.1.1).' });

const location = z.string().meta({ description: 'Relative to the URL of the request (RFC 9110 §10.2.2).' });

/** The operations as OpenAPI 3.1. */
export function createOpenApiDocument(): ReturnType<typeof createDocument> {
  const paths: ZodOpenApiPathsObject = {};
  for (const operation of modules.operations) {
    const path = pathTemplate(operation);
    paths[path] = { ...paths[path], [operation.http.method]: describe(operation) };
  }
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Gatehouse',
      version: packageJson.version,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [
      { url: '/api/v1', description: 'Through Firebase Hosting' },
      { url: '/v1', description: 'The function itself' },
    ],
    paths,
    components: {
      securitySchemes: {
        firebase: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'A Firebase ID token.',
        },
      },
    },
  });
}

/** The fields of an input that are in the path, and those that are elsewhere. */
function splitInput({ http, input }: Operation) {
  const inPath = pathParameters(http);
  const fields: Record<string, z.ZodType> = { ...input.shape };
  const path: Record<string, z.ZodType> = {};
  for (const name of inPath) {
    const field = fields[name];
    if (field === undefined) throw new Error(`${http.path}: the input has no field ${name}`);
    path[name] = field;
    delete fields[name];
  }
  return {
    path: inPath.length > 0 ? z.object(path) : undefined,
    // Without its path parameters the input is another schema, which must not have the same id.
    rest: Object.keys(fields).length === 0 ? undefined : inPath.length > 0 ? z.strictObject(fields) : input,
  };
}

function describe(operation: Operation): ZodOpenApiOperationObject {
  const { path, rest } = splitInput(operation);
  const isQuery = fieldsIn(operation.http) === 'query';
  const isVersioned = takesIfMatch(operation);
  const body = isQuery ? undefined : rest && (isVersioned ? withOptionalVersion(rest) : rest);
  return {
    operationId: operation.name,
    summary: operation.summary,
    description: describeRule(operation.access),
    security: operation.access === 'public' ? [] : [{ firebase: [] }],
    requestParams: {
      ...(path && { path }),
      ...(isQuery && rest && { query: rest }),
      ...(isVersioned && { header: z.object({ 'If-Match': ifMatch }) }),
    },
    ...(body && {
      requestBody: {
        required: true,
        content: {
          'application/json': { schema: body },
          ...(operation.oauth && { 'application/x-www-form-urlencoded': { schema: body } }),
        },
      },
    }),
    responses: {
      ...(operation.oauth && {
        '400': {
          description: 'Refused, as OAuth clients read it (RFC 6749 §5.2).',
          content: { 'application/json': { schema: oauthProblem } },
        },
      }),
      ...successes(operation),
      default: {
        description: 'Refused or failed.',
        content: { 'application/problem+json': { schema: problem } },
      },
    },
  };
}

/** The answers of a call that succeeds, by status. */
function successes({ output, etag, stream, created }: Operation): ZodOpenApiResponsesObject {
  if (output === null) return { '204': { description: 'Done.' } };
  const content = stream
    ? { 'application/x-ndjson': { schema: z.string() } }
    : { 'application/json': { schema: output } };
  const answer = (description: string, more: Record<string, z.ZodType> = {}) => ({
    description,
    ...((etag || created) && { headers: z.object({ ...(etag && { ETag: z.string() }), ...more }) }),
    content,
  });
  if (created === undefined) return { '200': answer('Done.') };
  return {
    '201': answer('Created.', { Location: location }),
    ...(created.existed && { '200': answer('It existed already.') }),
  };
}

/** `If-Match` can give the version. */
function withOptionalVersion(body: z.ZodObject): z.ZodObject {
  const { version, ...fields } = body.shape;
  return z.strictObject({ ...fields, version: (version as z.ZodType).optional() });
}

function describeRule(rule: AccessRule): string {
  const permission = permissionOf(rule);
  if (permission === undefined) return `Access: ${String(rule)}.`;
  const { unless } = typeof rule === 'string' ? {} : { unless: undefined, ...rule };
  const other = unless === undefined ? '' : `; for resources of other users also \`${unless}\``;
  return `Needs the permission \`${permission}\`${other}.`;
}
