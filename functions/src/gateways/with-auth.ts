import { randomUUID } from 'node:crypto';
import type { APIGatewayProxyEvent, APIGatewayProxyEventV2, Context } from 'aws-lambda';
import type { AccessRule } from '../authz/access-rule.ts';
import type { Principal } from '../authz/principal.ts';
import { challengeFor } from '../core/challenge.ts';
import { ERRORS, problemOf, toAppError } from '../core/errors.ts';
import { authorizationLines } from './events.ts';
import type { Gate } from './gate.ts';

type ProxyEvent = APIGatewayProxyEvent | APIGatewayProxyEventV2;

interface Caller {
  readonly principal: Principal;
  readonly context: Context;
  readonly requestId: string;
}

type Handler<Event, Result> = (event: Event, caller: Caller) => Result | Promise<Result>;

/** What both versions of API Gateway's proxy integration take for an answer. */
interface Answer {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

export interface WithAuthOptions<Event> {
  /** Directory id of whom the thing belongs to that the request is about, for an access of one's `own`. */
  readonly owner?: (event: Event, principal: Principal) => Promise<string | undefined>;
}

/** A Lambda handler that only those reach who may. What the handler throws is its own. */
export function protect<Event extends ProxyEvent, Result>(
  gate: Gate,
  access: AccessRule,
  handler: Handler<Event, Result>,
  { owner }: WithAuthOptions<Event> = {},
): (event: Event, context: Context) => Promise<Result | Answer> {
  return async (event, context) => {
    // Not API Gateway's own: a caller can set that one by a header.
    const requestId = context?.awsRequestId ?? randomUUID();
    let principal: Principal;
    try {
      principal = await gate.pass({
        authorization: authorizationLines(event),
        access,
        requestId,
        resource: owner && (async (who) => resourceOf(await owner(event, who))),
      });
    } catch (thrown) {
      return toAnswer(thrown, requestId);
    }
    return handler(event, { principal, context, requestId });
  };
}

const resourceOf = (owner: string | undefined) => (owner === undefined ? undefined : { owner });

/** As the API's own answers; a Lambda function writes them itself, without helmet. */
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
