import * as z from 'zod';
import {
  createDocument,
  type ZodOpenApiOperationObject,
  type ZodOpenApiPathsObject,
  type ZodOpenApiResponsesObject,
} from 'zod-openapi';
import packageJson from '../package.json' with { type: 'json' };
import { csrfCheckFor } from '../src/authn/session-cookie/csrf.ts';
import { type AccessRule, permissionOf } from '../src/authz/access-rule.ts';
import { ALL_ERROR_CODES } from '../src/core/errors.ts';
import { serversAt } from '../src/meta/servers.ts';
import { modules } from '../src/modules.ts';
import {
  appCheckScopeOf,
  fieldsIn,
  type Operation,
  pathParameters,
  pathTemplate,
  takesIfMatch,
} from '../src/pipeline/operation.ts';
import { errorExamples, errorResponses, refsTo } from './openapi-errors.ts';
import { exampleLine, withExamples } from './openapi-examples.ts';

const errorCode = z.enum(ALL_ERROR_CODES).meta({ id: 'ErrorCode' });
const stepUp = z
  .object({
    assurance: z.enum(['aal1', 'aal2']).optional(),
    maxAge: z.int().optional().meta({ description: 'Longest time since the proof, in seconds.' }),
    factors: z
      .array(z.enum(['totp', 'passkey', 'recovery-code', 'firebase']))
      .optional()
      .meta({
        description:
          'What you can prove, all but `firebase` with `POST /me/step-up`. Empty: you have no second factor. Absent: sign in again.',
      }),
  })
  .meta({ description: 'How the caller must have proved who they are (RFC 9470).' });
const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: errorCode,
    requestId: z.string(),
    errors: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
    stepUp: stepUp.optional(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457 problem details.' });

const oauthProblem = problem
  .extend({ error: z.string(), error_description: z.string() })
  .meta({ id: 'OAuthProblem', description: 'A problem with the members of RFC 6749 §5.2.' });

const ifMatch = z
  .string()
  .optional()
  .meta({ description: 'The ETag that was read (RFC 9110 §13.1.1).', examples: ['"3"'] });
const ifNoneMatch = z
  .string()
  .optional()
  .meta({
    description: 'The ETag of the version you have: 304 if it is the current one.',
    examples: ['"3"'],
  });

/** Headers of answers. */
const HEADERS: Readonly<Record<string, z.ZodType>> = {
  'X-Request-Id': z.uuid().meta({ description: 'Also in the log and the audit log.' }),
  ETag: z.string().meta({ description: 'The version (RFC 9110 §8.8.3).', examples: ['"3"'] }),
  Location: z.string().meta({
    description: 'Relative to the URL of the request (RFC 9110 §10.2.2).',
    examples: ['users/k3Jf9sQ2xYhT1bV7mN4pLr8wZc52'],
  }),
  'WWW-Authenticate': z.string().meta({
    description: 'What is missing (RFC 6750 §3, RFC 9470 §3).',
    examples: ['Bearer realm="gatehouse"'],
  }),
  'Retry-After': z
    .string()
    .regex(/^\d+$/)
    .meta({ description: 'Seconds to wait.', examples: ['5'] }),
  RateLimit: z.string().meta({
    description:
      'The limit that was reached: what remains, and in how many seconds it is restored (IETF draft).',
    examples: ['"read";r=0;t=17'],
  }),
  'RateLimit-Policy': z.string().meta({
    description: 'Requests per window, in seconds (IETF draft).',
    examples: ['"read";q=600;w=60'],
  }),
};

const bearer = { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } as const;
const SECURITY_SCHEMES = {
  firebase: {
    ...bearer,
    // Not a scheme of its own for X-Forwarded-Authorization: generated clients would send it, too.
    description:
      'An ID token of Firebase Auth. Google API Gateway passes it on in `X-Forwarded-Authorization`.',
  },
  issuer: {
    ...bearer,
    description: 'A token of a trusted issuer: Cognito, Auth0 or another OpenID provider.',
  },
  sessionCookie: {
    type: 'apiKey',
    in: 'cookie',
    name: '__session',
    description: 'The session cookie, which `POST /sessions` sets. Never together with a token.',
  },
  csrfToken: {
    type: 'apiKey',
    in: 'header',
    name: 'X-CSRF-Token',
    description:
      'With the session cookie, for every method but GET: the `csrfToken` of `GET /sessions/current`. The page also needs an `Origin` of `ALLOWED_ORIGINS`, which browsers send.',
  },
  appCheck: {
    type: 'apiKey',
    in: 'header',
    name: 'X-Firebase-AppCheck',
    description: 'An App Check token, where the project requires it (`APP_CHECK`).',
  },
} as const;

/** The operations as OpenAPI 3.1. */
export function createOpenApiDocument(): ReturnType<typeof createDocument> {
  const paths: ZodOpenApiPathsObject = {};
  const tags = [];
  for (const { name, summary = `Operations of the module ${name}.`, operations } of modules.modules) {
    if (operations.length > 0) tags.push({ name, description: summary });
    for (const operation of operations) {
      const path = pathTemplate(operation);
      paths[path] = { ...paths[path], [operation.http.method]: describe(operation, name) };
    }
  }
  const document = createDocument(
    {
      openapi: '3.1.0',
      info: {
        title: 'Gatehouse',
        version: packageJson.version,
        description:
          'Users, roles and sessions of a Firebase project. Errors are RFC 9457 problems with a `code`.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      // The API replaces them by those of its project.
      servers: serversAt('/api/v1'),
      tags,
      paths,
      components: {
        schemas: { Problem: problem, OAuthProblem: oauthProblem },
        headers: HEADERS,
        examples: errorExamples(modules.operations),
        securitySchemes: SECURITY_SCHEMES,
      },
    },
    {
      override({ jsonSchema }) {
        // zod's pattern for it has 300 characters; the format says the same.
        if (jsonSchema.format === 'date-time') delete jsonSchema.pattern;
        // `.readonly()` is about our own types. In OpenAPI it means: only in answers.
        delete jsonSchema.readOnly;
      },
    },
  );
  return withExamples(document);
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

function describe(operation: Operation, tag: string): ZodOpenApiOperationObject {
  const { path, rest } = splitInput(operation);
  const isQuery = fieldsIn(operation.http) === 'query';
  const isVersioned = takesIfMatch(operation);
  const body = isQuery
    ? undefined
    : rest && (operation.body ?? (isVersioned ? withOptionalVersion(rest) : rest));
  return {
    operationId: operation.name,
    tags: [tag],
    summary: operation.summary,
    description: describeRule(operation.access),
    security: securityOf(operation),
    requestParams: {
      ...(path && { path }),
      ...(isQuery && rest && { query: rest }),
      ...(isVersioned && { header: z.object({ 'If-Match': ifMatch }) }),
      ...(isCacheable(operation) && { header: z.object({ 'If-None-Match': ifNoneMatch }) }),
    },
    ...(body && {
      requestBody: {
        required: true,
        content: {
          'application/json': { schema: body, ...ownExample(body) },
          ...(operation.oauth && { 'application/x-www-form-urlencoded': { schema: body } }),
        },
      },
    }),
    responses: { ...successes(operation), ...errorResponses(operation) },
  };
}

/** The example of a whole input. zod leaves it out of the JSON Schema where a field is transformed. */
function ownExample(body: z.ZodType): { example?: unknown } {
  const examples = z.globalRegistry.get(body)?.examples;
  return Array.isArray(examples) ? { example: examples[0] } : {};
}

/** Alternatives: projects require App Check or not, and services of other issuers need none. */
function securityOf(operation: Operation): Record<string, string[]>[] {
  const appCheck = appCheckScopeOf(operation);
  if (operation.access === 'public') {
    // It looks at the cookie itself.
    if (operation.errors?.includes('csrf_failed')) return [{}, { sessionCookie: [], csrfToken: [] }];
    return appCheck === 'everyone' ? [{}, { appCheck: [] }] : [];
  }
  const needsCsrfToken = csrfCheckFor(operation.http.method.toUpperCase()) === 'token';
  const cookie = { sessionCookie: [], ...(needsCsrfToken && { csrfToken: [] }) };
  return [
    ...[{ firebase: [] }, { firebase: [], appCheck: [] }, { issuer: [] }],
    ...(appCheck === 'firebase-users' ? [] : [{ issuer: [], appCheck: [] }]),
    ...(operation.credentials === 'bearer' ? [] : [cookie, { ...cookie, appCheck: [] }]),
  ];
}

const isCacheable = ({ etag, http }: Operation) => etag !== undefined && http.method === 'get';

/** The answers of a call that succeeds, by status. */
function successes(operation: Operation): ZodOpenApiResponsesObject {
  const { output, etag, stream, created } = operation;
  const answer = (description: string, ...more: string[]) => ({
    description,
    headers: refsTo('headers', ['X-Request-Id', ...(etag ? ['ETag'] : []), ...more]),
  });
  if (output === null) return { '204': answer('Done.') };
  const content = stream
    ? { 'application/x-ndjson': { schema: z.string(), example: exampleLine(output) } }
    : { 'application/json': { schema: output } };
  return {
    ...(created && { '201': { ...answer('Created.', 'Location'), content } }),
    ...((!created || created.existed) && {
      '200': { ...answer(created ? 'It existed already.' : 'Done.'), content },
    }),
    ...(isCacheable(operation) && { '304': answer('You have this version.') }),
  };
}

/** `If-Match` can give the version. */
function withOptionalVersion(body: z.ZodObject): z.ZodObject {
  const { version, ...fields } = body.shape;
  return z.strictObject({ ...fields, version: (version as z.ZodType).optional() });
}

/** `signed in`, and how. */
export function signInText(rule: AccessRule): string {
  const { assurance, maxAge } =
    typeof rule === 'string' ? {} : { assurance: undefined, maxAge: undefined, ...rule };
  const factors = assurance === 'aal2' ? ' with a second factor' : '';
  return `signed in${factors}${maxAge === undefined ? '' : ` at most ${maxAge} seconds ago`}`;
}

function describeRule(rule: AccessRule): string {
  const permission = permissionOf(rule);
  if (permission === undefined) return `Access: ${rule === 'public' ? rule : signInText(rule)}.`;
  const { unless } = typeof rule === 'string' ? {} : { unless: undefined, ...rule };
  const other = unless === undefined ? '' : `; for resources of other users also \`${unless}\``;
  return `Needs the permission \`${permission}\`${other}.`;
}
