import { randomUUID } from 'node:crypto';
import type { APIGatewayProxyEvent, APIGatewayProxyEventV2, Context } from 'aws-lambda';
import type { AccessRule } from '../../functions/src/authz/access-rule.ts';
import type { Principal } from '../../functions/src/authz/principal.ts';
import { challengeFor } from '../../functions/src/core/challenge.ts';
import { ERRORS, problemOf, toAppError } from '../../functions/src/core/errors.ts';
import { authorizationLines } from './events.ts';
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
}

export type WithAuth = <Event extends ProxyEvent, Result>(
  access: AccessRule,
  handler: Handler<Event, Result>,
  options?: WithAuthOptions<Event>,
) => (event: Event, context: Context) => Promise<Result | Answer>;

/** Middleware: a Lambda handler that runs only for callers whom the rule allows. Errors of the handler are not caught. */
export function createWithAuth(authorizer: LambdaAuthorizer): WithAuth {
  return (access, handler, { owner } = {}) =>
    async (event, context) => {
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
        return toAnswer(thrown, requestId);
      }
      return handler(event, { principal, context, requestId });
    };
}

const resourceOf = (owner: string | undefined) => (owner === undefined ? undefined : { owner });

/** The headers of the API's own errors, which helmet sets there. */
const HEADERS = {
  'Cache-Control': 'private, no-store',
  'Content-Security-Policy': "default-src 'none';base-uri 'none';form-action 'none';frame-ancestors 'none'",
  'Content-Type': 'application/problem+json',
  'Referrer-Policy': 'no-referrer',
  'Strict-Transport-Security': 'max-age=31536000; includeSubDomains',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
};

function toAnswer(thrown: unknown, requestId: string): Answer {
  const error = toAppError(thrown);
  const challenge = challengeFor(error);
  return {
    statusCode: ERRORS[error.code].status,
    headers: {
      ...HEADERS,
      'X-Request-Id': requestId,
      ...(challenge !== undefined && { 'WWW-Authenticate': challenge }),
      ...(error.retryAfter !== undefined && { 'Retry-After': String(error.retryAfter) }),
    },
    body: JSON.stringify(problemOf(error, requestId)),
  };
}
