import { randomUUID } from 'node:crypto';
import type { APIGatewayProxyEvent, APIGatewayProxyEventV2, Context } from 'aws-lambda';
import type { AccessRule } from '../../functions/src/authz/access-rule.ts';
import type { Principal } from '../../functions/src/authz/principal.ts';
import { challengeFor } from '../../functions/src/core/challenge.ts';
import { ConfigError } from '../../functions/src/core/config-error.ts';
import { ERRORS, problemOf, toAppError } from '../../functions/src/core/errors.ts';
import { authorizationLines, headerLines } from './events.ts';
import type { LambdaAuthorizer } from './lambda-authorizer.ts';

type ProxyEvent = APIGatewayProxyEvent | APIGatewayProxyEventV2;

interface Caller {
  readonly principal: Principal;
  readonly context: Context;
  readonly requestId: string;
}

type Handler<Event, Result> = (event: Event, caller: Caller) => Result | Promise<Result>;

/** A response in the form that both payload versions of API Gateway's proxy integration accept. */
interface Answer {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

export interface WithAuthOptions<Event> {
  /** The uid of the owner of the requested resource, for rules with `own`. */
  readonly owner?: (event: Event, principal: Principal) => Promise<string | undefined>;
  /**
   * The origins of web pages that may read a refusal, such as `https://app.example.com`, or `'*'`. The handler sets the
   * headers of its own responses, and whoever answers preflights says the same.
   */
  readonly allowedOrigins?: readonly string[] | '*';
}

export type WithAuth = <Event extends ProxyEvent, Result>(
  access: AccessRule,
  handler: Handler<Event, Result>,
  options?: WithAuthOptions<Event>,
) => (event: Event, context: Context) => Promise<Result | Answer>;

/** Middleware: a Lambda handler that runs only for callers whom the rule allows. Errors of the handler are not caught. */
export function createWithAuth(authorizer: LambdaAuthorizer): WithAuth {
  return (access, handler, { owner, allowedOrigins = [] } = {}) => {
    checkOrigins(allowedOrigins);
    return async (event, context) => {
      // Not API Gateway's request id: a caller can set that by a header.
      const requestId = context?.awsRequestId ?? randomUUID();
      let principal: Principal;
      try {
        principal = await authorizer.authorize({
          authorization: authorizationLines(event),
          access,
          requestId,
          resource: owner && (async (caller) => resourceOf(await owner(event, caller))),
        });
      } catch (thrown) {
        return toAnswer(thrown, requestId, corsHeaders(event, allowedOrigins));
      }
      return handler(event, { principal, context, requestId });
    };
  };
}

/** @throws ConfigError for what no browser sends as `Origin` */
function checkOrigins(origins: readonly string[] | '*'): void {
  if (origins === '*') return;
  const isOrigin = (text: string) => /^[a-z][a-z0-9+.-]*:\/\/[^/?#*\s]+$/.test(text);
  const wrong = origins.filter((origin) => !isOrigin(origin));
  if (wrong.length === 0) return;
  throw new ConfigError(
    wrong.map((origin) => `allowedOrigins: "${origin}" is not like https://app.example.com`),
  );
}

/** Without them a browser hides the status and the problem from the page (Fetch standard, CORS protocol). */
function corsHeaders(event: ProxyEvent, origins: readonly string[] | '*'): Record<string, string> {
  if (origins === '*') return { 'Access-Control-Allow-Origin': '*', ...EXPOSED };
  if (origins.length === 0) return {};
  const [origin, ...others] = headerLines(event, 'origin');
  const isAllowed = origin !== undefined && others.length === 0 && origins.includes(origin);
  // A cache must not give the answer for one origin to another.
  return { Vary: 'Origin', ...(isAllowed && { 'Access-Control-Allow-Origin': origin, ...EXPOSED }) };
}

const EXPOSED = { 'Access-Control-Expose-Headers': 'Retry-After, WWW-Authenticate, X-Request-Id' };

const resourceOf = (owner: string | undefined) => (owner === undefined ? undefined : { owner });

/** The headers of the API's own errors, which helmet sets there. */
const HEADERS = {
  'Cache-Control': 'private, no-store',
  'Content-Security-Policy': "default-src 'none';base-uri 'none';form-action 'none';frame-ancestors 'none'",
  'Content-Type': 'application/problem+json',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'Strict-Transport-Security': 'max-age=31536000',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
};

function toAnswer(thrown: unknown, requestId: string, cors: Record<string, string>): Answer {
  const error = toAppError(thrown);
  const challenge = challengeFor(error);
  return {
    statusCode: ERRORS[error.code].status,
    headers: {
      ...HEADERS,
      ...cors,
      'X-Request-Id': requestId,
      ...(challenge !== undefined && { 'WWW-Authenticate': challenge }),
      ...(error.retryAfter !== undefined && { 'Retry-After': String(error.retryAfter) }),
    },
    body: JSON.stringify(problemOf(error, { requestId })),
  };
}
