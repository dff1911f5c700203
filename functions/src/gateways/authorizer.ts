import { randomUUID } from 'node:crypto';
import type {
  APIGatewayAuthorizerWithContextResult,
  APIGatewayRequestAuthorizerEvent,
  APIGatewayRequestAuthorizerEventV2,
  APIGatewaySimpleAuthorizerResult,
  APIGatewayTokenAuthorizerEvent,
  Context,
} from 'aws-lambda';
import type { Principal } from '../authn/principal.ts';
import { AppError, ERRORS } from '../errors.ts';
import { type CallerContext, callerContext } from './caller-context.ts';
import { authorizationLines, readMethodArn, splitLines } from './events.ts';
import { type Gate, judge } from './gate.ts';
import { policyFor, policyForAll } from './policy.ts';
import { createRouteTable, type RouteAccess, type RouteTable, type Row } from './route-access.ts';

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
  const asked = { access: row?.access ?? 'signed-in', requestId } as const;
  const principal = await identified(gate, linesOf(event), asked);
  const may = ({ access }: Row) => judge(principal, access).allowed;
  const isKnown = table === undefined || row !== undefined;
  gate.record(principal, isKnown ? judge(principal, asked.access) : NOT_IN_ROUTES, asked);
  const context = callerContext(principal);
  const policyDocument = table === undefined ? policyForAll(api) : policyFor(api, table.rows, may);
  return { principalId: context.id, policyDocument, context };
}

async function simpleAnswer(
  gate: Gate,
  table: RouteTable | undefined,
  event: APIGatewayRequestAuthorizerEventV2,
  requestId: string,
): Promise<Simple> {
  const row = table?.byKey(String(event.routeKey));
  const asked = { access: row?.access ?? 'signed-in', requestId } as const;
  const principal = await identified(gate, authorizationLines(event), asked);
  const isKnown = table === undefined || row !== undefined;
  const judgement = isKnown ? judge(principal, asked.access) : NOT_IN_ROUTES;
  gate.record(principal, judgement, asked);
  return judgement.allowed
    ? { isAuthorized: true, context: callerContext(principal) }
    : { isAuthorized: false };
}

const NOT_IN_ROUTES = { allowed: false, reason: 'not-in-routes' } as const;

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

/** The route that a request is for, for the log: the policy is what counts. What is spelt out goes before parameters. */
function rowOf({ rows }: RouteTable, method: string, path: string): Row | undefined {
  const segments = path.slice(1).split('/');
  const isFor = (row: Row) =>
    row.method === method &&
    (row.segments.at(-1) === '**'
      ? row.segments.length <= segments.length
      : row.segments.length === segments.length) &&
    row.segments.every((segment, index) => segment.startsWith('*') || segment === segments[index]);
  const rank = (row: Row) => row.segments.map((segment) => segment.replace(/^[^*]+$/, '')).join('/');
  return rows.filter(isFor).sort((a, b) => (rank(a) < rank(b) ? -1 : 1))[0];
}
