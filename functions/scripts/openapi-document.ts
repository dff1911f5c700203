import * as z from 'zod';
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi';
import packageJson from '../package.json' with { type: 'json' };
import { type AccessRule, permissionOf } from '../src/authz/access-rule.ts';
import { ERRORS, type ErrorCode } from '../src/core/errors.ts';
import type { Route } from '../src/http/route.ts';
import { routes } from '../src/http/routes.ts';

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
  .meta({ id: 'OAuthProblem', description: 'The same, with what RFC 6749 §5.2 names.' });

const ifMatch = z.string().optional().meta({ description: 'The ETag that was read (RFC 9110 §13.1.1).' });

/** The route table as OpenAPI 3.1. */
export function createOpenApiDocument(): ReturnType<typeof createDocument> {
  const paths: ZodOpenApiPathsObject = {};
  for (const row of routes) {
    const path = pathTemplate(row);
    paths[path] = { ...paths[path], [row.method]: operation(row) };
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

/** `/users/:uid` → `/users/{uid}` */
export function pathTemplate({ path }: Route): string {
  return path.replaceAll(/:(\w+)/g, '{$1}');
}

/** `GET /users/:uid` → `getUsersUid` */
export function operationId({ method, path }: Route): string {
  return `${method}${path.replaceAll(/[/:.]+(\w)/g, (_, letter: string) => letter.toUpperCase())}`;
}

function operation(row: Route): ZodOpenApiOperationObject {
  const { params, query, body } = row.input;
  return {
    operationId: operationId(row),
    summary: row.summary,
    description: toPrincipalView(row.access),
    security: row.access === 'public' ? [] : [{ firebase: [] }],
    requestParams: {
      ...(params && { path: params }),
      ...(query && { query }),
      ...(row.etag && row.method !== 'get' && { header: z.object({ 'If-Match': ifMatch }) }),
    },
    ...(body && {
      requestBody: {
        required: true,
        content: {
          'application/json': { schema: body },
          ...(row.oauth && { 'application/x-www-form-urlencoded': { schema: body } }),
        },
      },
    }),
    responses: {
      ...(row.oauth && {
        '400': {
          description: 'Refused, as OAuth clients read it (RFC 6749 §5.2).',
          content: { 'application/json': { schema: oauthProblem } },
        },
      }),
      ...(row.output === null
        ? { '204': { description: 'Done.' } }
        : {
            '200': {
              description: 'Done.',
              ...(row.etag && { headers: z.object({ ETag: z.string() }) }),
              content: {
                'application/json': { schema: row.output },
                ...(row.stream && { 'application/x-ndjson': { schema: z.string() } }),
              },
            },
          }),
      default: {
        description: 'Refused or failed.',
        content: { 'application/problem+json': { schema: problem } },
      },
    },
  };
}

function toPrincipalView(access: AccessRule): string {
  const permission = permissionOf(access);
  if (permission === undefined) return `Access: ${String(access)}.`;
  const { unless } = typeof access === 'string' ? {} : { unless: undefined, ...access };
  const other = unless === undefined ? '' : `; for somebody else’s also \`${unless}\``;
  return `Needs the permission \`${permission}\`${other}.`;
}
