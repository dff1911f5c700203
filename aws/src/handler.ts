import { randomUUID } from 'node:crypto';
import type {
  APIGatewayAuthorizerWithContextResult,
  APIGatewayRequestAuthorizerEvent,
  APIGatewayRequestAuthorizerEventV2,
  APIGatewaySimpleAuthorizerResult,
  APIGatewayTokenAuthorizerEvent,
  Context,
} from 'aws-lambda';
import type { Principal } from '../../functions/src/authz/principal.ts';
import { isRefusal } from '../../functions/src/core/errors.ts';
import type { RefusalReason } from '../../functions/src/core/refusal-reasons.ts';
import { type CallerContext, callerContext } from './caller-context.ts';
import { authorizationLines, CONNECT, connectLines, isConnect, readMethodArn, splitLines } from './events.ts';
import type { LambdaAuthorizer, Operation } from './lambda-authorizer.ts';
import { isExactArn, policyFor } from './policy.ts';
import type { RouteAccess, RouteTable } from './route-table.ts';

/** Payload 1.0 of an HTTP API has two fields more than a REST API. */
type RequestEvent = APIGatewayRequestAuthorizerEvent & {
  readonly version?: string;
  /** The values of the identity sources, joined by commas. */
  readonly identitySource?: string;
};
type PolicyEvent = APIGatewayTokenAuthorizerEvent | RequestEvent;
type AuthorizerEvent = PolicyEvent | APIGatewayRequestAuthorizerEventV2;
type PolicyResult = APIGatewayAuthorizerWithContextResult<CallerContext>;
type SimpleResult = APIGatewaySimpleAuthorizerResult & { context?: CallerContext };

export type AuthorizerHandler = (
  event: AuthorizerEvent,
  context?: Pick<Context, 'awsRequestId'>,
) => Promise<PolicyResult | SimpleResult>;

/**
 * The handler of a Lambda authorizer for REST APIs (TOKEN and REQUEST), HTTP APIs (payload 1.0 and 2.0) and WebSocket APIs:
 * it tells the events apart.
 *
 * @param routes what each route asks for; `null`: every signed-in caller is allowed
 * @returns a function that rejects with `Unauthorized`, which API Gateway answers 401, or with another message, which it
 *   answers 500
 */
export function createHandler(authorizer: LambdaAuthorizer, routes: RouteTable | null): AuthorizerHandler {
  /** Decides about the caller, or refuses because of the event, and logs the decision. */
  async function answer<Result>(
    call: Call,
    requestId: string,
    toResult: (allowed: boolean, principal: Principal) => Result,
  ): Promise<Result> {
    const operation = { access: call.route?.access ?? 'signed-in', requestId };
    const principal = await authenticate(authorizer, call.lines, operation);
    const decision =
      call.refusal === undefined
        ? authorizer.decide(principal, operation.access)
        : { allowed: false, reason: call.refusal };
    authorizer.logDecision(principal, decision, operation);
    return toResult(decision.allowed, principal);
  }

  return async (event, lambda) => {
    const requestId = lambda?.awsRequestId ?? randomUUID();
    if (isSimple(event)) return answer(simpleCall(event, routes), requestId, simpleResult);
    return answer(policyCall(event, routes), requestId, (allowed, principal) =>
      policyResult(allowed, principal, event.methodArn),
    );
  };
}

interface Call {
  /** Every `Authorization` line. */
  readonly lines: readonly string[];
  readonly route: RouteAccess | undefined;
  /** Reason to refuse the event for every caller. */
  readonly refusal: RefusalReason | undefined;
}

function isSimple(event: AuthorizerEvent): event is APIGatewayRequestAuthorizerEventV2 {
  return 'version' in event && event.version === '2.0';
}

/** @throws Error for an event without the ARN of a method */
function policyCall(event: PolicyEvent, routes: RouteTable | null): Call {
  if (isConnect(event)) return connectCall(event, routes);
  const { method, path } = readMethodArn(event.methodArn);
  const isRequest = event.type === 'REQUEST';
  const lines = linesOf(event);
  // A TOKEN event does not say which route API Gateway chose.
  const route = isRequest ? routes?.byTemplate(method, event.resource) : routes?.byPath(method, path);
  const sources = isRequest ? sourcesIn(event.identitySource) : [];
  if (routes !== null && route === undefined) return { lines, route, refusal: 'not-in-routes' };
  if (!isExactArn(event.methodArn, path)) return { lines, route, refusal: 'arn-not-exact' };
  return { lines, route, refusal: tokenRefusal(lines, sources) };
}

/** API Gateway caches no response for a WebSocket API, and its ARN is the same for every caller. */
function connectCall(event: PolicyEvent, routes: RouteTable | null): Call {
  const lines = event.type === 'REQUEST' ? connectLines(event) : [];
  const route = routes?.byTemplate('ANY', CONNECT);
  return { lines, route, refusal: routes !== null && route === undefined ? 'not-in-routes' : undefined };
}

function simpleCall(event: APIGatewayRequestAuthorizerEventV2, routes: RouteTable | null): Call {
  const lines = authorizationLines(event);
  const route = routes?.byKey(event.routeKey);
  const sources = sourcesIn(event.identitySource);
  if (routes !== null && route === undefined) return { lines, route, refusal: 'not-in-routes' };
  if (routes !== null && !hasRouteAsSource(event, sources))
    return { lines, route, refusal: 'identity-source-lacks-route' };
  return { lines, route, refusal: tokenRefusal(lines, sources) };
}

/** The values of the identity sources: a list in payload 2.0, joined by commas in 1.0, absent in a REST API's events. */
function sourcesIn(identitySource: unknown): readonly unknown[] {
  if (typeof identitySource === 'string') return identitySource === '' ? [] : splitLines(identitySource);
  return Array.isArray(identitySource) ? identitySource : [];
}

/**
 * API Gateway caches a simple response under the values of the identity sources. Without the route's key among them, the
 * response for one route is used for all. A value that the caller can choose does not count.
 */
function hasRouteAsSource(
  { routeKey, headers, cookies, queryStringParameters }: APIGatewayRequestAuthorizerEventV2,
  sources: readonly unknown[],
): boolean {
  const chosen = [headers, cookies, queryStringParameters].flatMap((values) => Object.values(values ?? {}));
  // API Gateway joins repeated headers and parameters with commas.
  return sources.includes(routeKey) && !chosen.some((value) => value?.includes(routeKey));
}

/** With identity sources, but without the token among them, the response for one caller would be used for others. */
function tokenRefusal(lines: readonly string[], sources: readonly unknown[]): RefusalReason | undefined {
  const hasToken = sources.length === 0 || lines.every((line) => sources.includes(line));
  return hasToken ? undefined : 'identity-source-lacks-token';
}

/** @throws Error with a message that API Gateway understands */
async function authenticate(
  authorizer: LambdaAuthorizer,
  lines: readonly string[],
  operation: Operation,
): Promise<Principal> {
  const principal = await authorizer.authenticate(lines, operation).catch((error: unknown) => {
    throw new Error(isRefusal(error) ? 'Unauthorized' : 'Unavailable');
  });
  if (principal.kind !== 'anonymous') return principal;
  authorizer.logDecision(principal, { allowed: false, reason: 'anonymous' }, operation);
  throw new Error('Unauthorized');
}

function linesOf(event: PolicyEvent): string[] {
  if (event.type === 'REQUEST') return authorizationLines(event);
  return typeof event.authorizationToken === 'string' ? splitLines(event.authorizationToken) : [];
}

function policyResult(allowed: boolean, principal: Principal, arn: string): PolicyResult {
  const context = callerContext(principal);
  return { principalId: context.uid, policyDocument: policyFor(allowed ? 'Allow' : 'Deny', arn), context };
}

function simpleResult(allowed: boolean, principal: Principal): SimpleResult {
  return allowed ? { isAuthorized: true, context: callerContext(principal) } : { isAuthorized: false };
}
