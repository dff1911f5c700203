import type { ZodOpenApiResponseObject } from 'zod-openapi';
import { csrfCheckFor } from '../src/authn/session-cookie/csrf.ts';
import { permissionOf } from '../src/authz/access-rule.ts';
import { toDenialError } from '../src/authz/decide.ts';
import { challengeFor } from '../src/core/challenge.ts';
import {
  ALL_ERROR_CODES,
  AppError,
  ERRORS,
  type ErrorCode,
  invalidField,
  invalidToken,
  problemOf,
  rateLimited,
  tokenStale,
  unavailable,
} from '../src/core/errors.ts';
import {
  appCheckScopeOf,
  type Operation,
  pathParameters,
  requiresVersion,
  takesIfMatch,
} from '../src/pipeline/operation.ts';
import { countsForAllInstances } from '../src/pipeline/rate-limit.ts';

/** Every error that an operation can answer, derived from what it declares. */

/** Answers of several operations, which are components of the document. */
const shared = new Map<string, ZodOpenApiResponseObject>();

/** What the transport, the pipeline and the operation's own service refuse, and what can fail. */
export function errorCodesOf(operation: Operation): ReadonlySet<ErrorCode> {
  const { access, resource, http, credentials, rateLimit, errors = [] } = operation;
  const isPublic = access === 'public';
  const takesCookie = !isPublic && credentials !== 'bearer';
  const isUnsafe = csrfCheckFor(http.method.toUpperCase()) === 'token';
  return new Set<ErrorCode>([
    // The transport, for every request: also a GET may come with a body.
    ...(['https_required', 'origin_denied', 'payload_too_large', 'unsupported_media_type'] as const),
    ...(['invalid_request', 'invalid_argument'] as const),
    // Authentication; both call Google or an issuer.
    ...(isPublic
      ? []
      : (['unauthenticated', 'invalid_token', 'token_stale', 'sign_in_not_allowed', 'unavailable'] as const)),
    ...(takesCookie && isUnsafe ? (['csrf_failed'] as const) : []),
    ...(appCheckScopeOf(operation) === undefined ? [] : (['app_check_failed', 'unavailable'] as const)),
    ...(rateLimit === null ? [] : (['rate_limited'] as const)),
    ...(countsForAllInstances(rateLimit) ? (['unavailable'] as const) : []),
    // The decision.
    ...(permissionOf(access) === undefined ? [] : (['permission_denied'] as const)),
    ...(asksForAssurance(operation) ? (['step_up_required'] as const) : []),
    ...(resource === undefined && pathParameters(http).length === 0 ? [] : (['not_found'] as const)),
    // The operation.
    ...(takesIfMatch(operation) ? (['version_mismatch', 'precondition_failed'] as const) : []),
    ...(requiresVersion(operation) ? (['precondition_required'] as const) : []),
    ...errors,
    'internal',
  ]);
}

/** By itself, or because a policy of the project can ask for a second factor. */
function asksForAssurance({ access, factorPolicy }: Operation): boolean {
  if (access !== 'public' && factorPolicy !== 'exempt') return true;
  return typeof access !== 'string' && (access.assurance !== undefined || access.maxAge !== undefined);
}

/** The refusals and failures of an operation, by status. */
export function errorResponses(operation: Operation): Record<`4${string}`, ZodOpenApiResponseObject> {
  const byStatus = Map.groupBy([...errorCodesOf(operation)], (code) => ERRORS[code].status);
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => {
      // RFC 6749 §5.2 has one media type for 400.
      if (operation.oauth && status === 400) return [status, oauthResponse(codes)];
      const id = [status, ...codes].join('-');
      const response = shared.get(id) ?? errorResponse(id, status, codes);
      shared.set(id, response);
      return [status, response];
    }),
  );
}

function errorResponse(id: string, status: number, codes: readonly ErrorCode[]): ZodOpenApiResponseObject {
  const schema = problemOfStatus('Problem', status, codes);
  return {
    id,
    description: describeCodes(codes),
    headers: refsTo('headers', ['X-Request-Id', ...new Set(codes.flatMap(headersOf))]),
    content: { 'application/problem+json': { schema, examples: refsTo('examples', codes) } },
  };
}

function oauthResponse(codes: readonly ErrorCode[]): ZodOpenApiResponseObject {
  const schema = problemOfStatus('OAuthProblem', 400, codes);
  const examples = codes.map((code): [string, { value: unknown }] => {
    const { message } = ERROR_EXAMPLES[code];
    return [code, { value: { ...exampleOf(code), error: 'invalid_request', error_description: message } }];
  });
  return {
    description: describeCodes(codes),
    headers: refsTo('headers', ['X-Request-Id']),
    content: { 'application/json': { schema, examples: Object.fromEntries(examples) } },
  };
}

function problemOfStatus(name: 'Problem' | 'OAuthProblem', status: number, codes: readonly ErrorCode[]) {
  const of = { status: { const: status }, code: { enum: [...codes] } };
  return { allOf: [{ $ref: `#/components/schemas/${name}` }, { type: 'object' as const, properties: of }] };
}

const describeCodes = (codes: readonly ErrorCode[]) =>
  codes.map((code) => `\`${code}\`: ${ERRORS[code].title}.`).join(' ');

/** References to components, by their names. */
export function refsTo(part: string, names: readonly string[]): Record<string, { $ref: string }> {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/${part}/${name}` }]));
}

function headersOf(code: ErrorCode): string[] {
  const error = ERROR_EXAMPLES[code];
  return [
    ...(challengeFor(error) === undefined ? [] : ['WWW-Authenticate']),
    ...(error.retryAfter === undefined ? [] : ['Retry-After']),
    ...(error.quota === undefined ? [] : ['RateLimit', 'RateLimit-Policy']),
  ];
}

/** One error of each code, as the API answers it; the others have the default text. */
const ERROR_EXAMPLES: Readonly<Record<ErrorCode, AppError>> = {
  ...allErrors(),
  unauthenticated: toDenialError({ allowed: false, reason: 'anonymous' }),
  invalid_token: invalidToken('token-expired'),
  token_stale: tokenStale('roles-changed'),
  step_up_required: toDenialError(
    { allowed: false, reason: 'step-up-required', needed: { assurance: 'aal2', maxAge: 600 } },
    ['totp', 'recovery-code'],
  ),
  permission_denied: toDenialError({
    allowed: false,
    reason: 'missing-permission',
    missing: 'users:read',
  }),
  not_found: toDenialError({ allowed: false, reason: 'not-own' }),
  invalid_argument: invalidField('query.pageSize', 'Send a whole number in digits, e.g. 50.'),
  rate_limited: rateLimited(30, { name: 'read', uses: 600, window: 60 }),
  unavailable: unavailable('example'),
};

function allErrors(): Record<ErrorCode, AppError> {
  // One for each key of ERRORS.
  return Object.fromEntries(ALL_ERROR_CODES.map((code) => [code, new AppError(code)])) as Record<
    ErrorCode,
    AppError
  >;
}

/** The default of a project `shop`. */
const ERROR_DOCS = 'https://shop.web.app/api/v1/errors';

const REQUEST_ID = '0e1f6f0b-6d0a-4c3e-9a53-6a8f8a0b7a11';

const exampleOf = (code: ErrorCode) =>
  problemOf(ERROR_EXAMPLES[code], { errorDocs: ERROR_DOCS, requestId: REQUEST_ID });

/** `components.examples`: one problem of each error that an operation can answer. */
export function errorExamples(operations: readonly Operation[]): Record<string, { value: unknown }> {
  const codes = new Set(operations.flatMap((operation) => [...errorCodesOf(operation)]));
  return Object.fromEntries([...codes].map((code) => [code, { value: exampleOf(code) }]));
}
