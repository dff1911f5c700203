import { randomUUID } from 'node:crypto';
import type {
  APIGatewayAuthorizerWithContextResult,
  APIGatewayRequestAuthorizerEvent,
  APIGatewayRequestAuthorizerEventV2,
  APIGatewaySimpleAuthorizerResult,
  APIGatewayTokenAuthorizerEvent,
  Context,
} from 'aws-lambda';
import type { Principal } from '../authz/principal.ts';
import { AppError, ERRORS } from '../core/errors.ts';
import { type CallerContext, callerContext } from './caller-context.ts';
import { authorizationLines, readMethodArn, splitLines } from './events.ts';
import { type Gate, judge } from './gate.ts';
import { policyFor, policyForAll, tryPolicies, without } from './policy.ts';
import { permits } from './resource-pattern.ts';
import { createRouteTable, type RouteAccess, type RouteTable, type Row, ruleOf } from './route-access.ts';
import { serves } from './route-overlap.ts';

type PolicyEvent = APIGatewayTokenAuthorizerEvent | APIGatewayRequestAuthorizerEvent;
type AuthorizerEvent = PolicyEvent | APIGatewayRequestAuthorizerEventV2;
type Policy = APIGatewayAuthorizerWithContextResult<CallerContext>;
type Simple = APIGatewaySimpleAuthorizerResult & { context?: CallerContext };

export interface AuthorizerOptions {
  /** What each route of the API asks for. Absent: whoever is signed in passes, and the back end decides. */
  readonly routes?: readonly RouteAccess[] | undefined;
}

export type Authorizer = (
  event: AuthorizerEvent,
  context?: Pick<Context, 'awsRequestId'>,
) => Promise<Policy | Simple>;

/**
 * A Lambda authorizer for REST APIs (TOKEN and REQUEST) and HTTP APIs (payload 1.0 and 2.0): it tells the events apart.
 *
 * @throws Error for routes that are wrong
 * @returns a function that rejects with `Unauthorized`, which API Gateway answers 401, or with another message, which it
 *   answers 500
 */
export function authorizerOf(gate: Gate, { routes }: AuthorizerOptions): Authorizer {
  const table = routes === undefined ? undefined : createRouteTable(routes);
  if (table !== undefined) tryPolicies(table.rows);
  return async (event, context) => {
    const requestId = context?.awsRequestId ?? randomUUID();
    return isSimple(event)
      ? simpleAnswer(gate, table, event, requestId)
      : policyAnswer(gate, table, event, requestId);
  };
}

function isSimple(event: AuthorizerEvent): event is APIGatewayRequestAuthorizerEventV2 {
  return 'version' in event && event.version === '2.0';
}

async function policyAnswer(
  gate: Gate,
  table: RouteTable | undefined,
  event: PolicyEvent,
  requestId: string,
): Promise<Policy> {
  const { api, method, path } = readMethodArn(event.methodArn);
  const row = table && rowOf(table, method, path);
  const asked = { access: ruleOf(row?.access ?? 'signed-in'), requestId } as const;
  const principal = await identified(gate, linesOf(event), asked);
  const may = ({ access }: Row) => judge(principal, ruleOf(access)).allowed;
  const isKnown = table === undefined || row !== undefined;
  const judgement = isKnown ? judge(principal, asked.access) : NOT_IN_ROUTES;
  const policy = table === undefined ? policyForAll(api) : policyFor(api, table.rows, may);
  // The log says what API Gateway will do, and API Gateway what the judgement is.
  const isPermitted = permits(policy, event.methodArn);
  gate.record(principal, judgement.allowed && !isPermitted ? DENIED_MORE : judgement, asked);
  const context = callerContext(principal);
  const policyDocument = isPermitted && !judgement.allowed ? without(policy, api, event.methodArn) : policy;
  return { principalId: context.id, policyDocument, context };
}

async function simpleAnswer(
  gate: Gate,
  table: RouteTable | undefined,
  event: APIGatewayRequestAuthorizerEventV2,
  requestId: string,
): Promise<Simple> {
  const row = table?.byKey(String(event.routeKey));
  const asked = { access: ruleOf(row?.access ?? 'signed-in'), requestId } as const;
  const principal = await identified(gate, authorizationLines(event), asked);
  const isKnown = table === undefined || row !== undefined;
  const isKeptByRoute = table === undefined || hasRouteAsSource(event);
  const judgement = !isKnown ? NOT_IN_ROUTES : isKeptByRoute ? judge(principal, asked.access) : NOT_BY_ROUTE;
  gate.record(principal, judgement, asked);
  return judgement.allowed
    ? { isAuthorized: true, context: callerContext(principal) }
    : { isAuthorized: false };
}

const NOT_BY_ROUTE = { allowed: false, reason: 'identity-source-lacks-route' } as const;
const NOT_IN_ROUTES = { allowed: false, reason: 'not-in-routes' } as const;
/** A route that the caller may call, and that a policy cannot tell from one that they may not. */
const DENIED_MORE = { allowed: false, reason: 'covered-by-a-denial' } as const;

/**
 * API Gateway keeps a yes under the values of the identity sources, and goes by it wherever they are the same: without the
 * route's key among them a yes for one route opens all. A value that the caller can write is no such key.
 */
function hasRouteAsSource({
  identitySource,
  routeKey,
  headers,
  queryStringParameters,
}: APIGatewayRequestAuthorizerEventV2): boolean {
  const written = [...Object.values(headers ?? {}), ...Object.values(queryStringParameters ?? {})];
  return Array.isArray(identitySource) && identitySource.includes(routeKey) && !written.includes(routeKey);
}

/** @throws Error with a message of API Gateway's */
async function identified(
  gate: Gate,
  lines: readonly string[],
  asked: Parameters<Gate['identify']>[1],
): Promise<Principal> {
  const principal = await gate.identify(lines, asked).catch((error: unknown) => {
    const isRefused = error instanceof AppError && ERRORS[error.code].status < 500;
    throw new Error(isRefused ? 'Unauthorized' : 'Unavailable');
  });
  if (principal.kind !== 'anonymous') return principal;
  gate.record(principal, { allowed: false, reason: 'anonymous' }, asked);
  throw new Error('Unauthorized');
}

function linesOf(event: PolicyEvent): string[] {
  if (event.type === 'REQUEST') return authorizationLines(event);
  return typeof event.authorizationToken === 'string' ? splitLines(event.authorizationToken) : [];
}

/** The route that a request is for, as API Gateway chooses it: what is spelt out goes before parameters. */
function rowOf({ rows }: RouteTable, method: string, path: string): Row | undefined {
  const segments = path.slice(1).split('/');
  const rank = (row: Row) =>
    row.segments.map((segment) => (segment === '**' ? 2 : segment === '*' ? 1 : 0)).join('');
  return rows
    .filter((row) => row.method === method && serves(row, { segments }))
    .sort((a, b) => (rank(a) < rank(b) ? -1 : 1))[0];
}
