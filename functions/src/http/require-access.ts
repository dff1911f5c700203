import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { csrfCheckFor } from '../authn/session-cookie/csrf.ts';
import type { AccessRule } from '../authz/access-rule.ts';
import type { Resource } from '../authz/decide.ts';
import type { Principal } from '../authz/principal.ts';
import type { PrincipalOf } from '../core/access-types.ts';
import { type AppError, ERRORS, isRefusal, problemOf, toAppError } from '../core/errors.ts';
import { credentialHeaders, headerLines } from '../core/request.ts';
import { requestLabels } from '../core/request-labels.ts';
import { type CallDeps, shadowOf } from '../pipeline/call.ts';
import { type CallLine, openCallLine } from '../pipeline/call-line.ts';
import { guard } from '../pipeline/guard.ts';
import type { EndpointLimit } from '../pipeline/rate-limit.ts';
import { requireHttps } from '../pipeline/transport.ts';
import { problemHeaders } from './problem.ts';

/** A request of Node, or of any version of Express, which adds the route when it has found it. */
export interface AccessRequest extends IncomingMessage {
  principal?: PrincipalOf<string, string>;
  readonly route?: { readonly path?: unknown };
}

/** Loads what the decision is about, for rules with `own`. undefined: it does not exist, and the caller gets 404. */
export type LoadResource<Request> = (
  request: Request,
  principal: Principal,
) => Promise<Resource | undefined> | Resource | undefined;

export interface AccessOptions<Request> {
  readonly resource?: LoadResource<Request> | undefined;
  /** Does shadow mode apply? For an endpoint that served everyone before. */
  readonly allowShadow?: boolean | undefined;
  readonly rateLimit?: EndpointLimit | undefined;
}

interface OpenRequest {
  readonly requestId: string;
  readonly line: CallLine;
  /** Several decisions on a request count once. */
  isCounted: boolean;
  /** With replay protection, App Check accepts a token once. */
  isTokenConsumed: boolean;
  /** Of the last decision that read the credential. */
  principal?: Principal;
}

/** Several decisions on one request make one log line: that of the last one. */
const openRequests = new WeakMap<IncomingMessage, OpenRequest>();

function openRequest({ log, config }: CallDeps, req: AccessRequest, res: ServerResponse): OpenRequest {
  const known = openRequests.get(req);
  if (known !== undefined) return known;
  const requestId = randomUUID();
  const line = openCallLine(log, {
    requestId,
    labels: requestLabels(req, config.projectId),
    method: req.method ?? '',
    // The pattern of the route, never the path, which has values of the caller. Known when the answer is sent.
    get route() {
      return typeof req.route?.path === 'string' ? req.route.path : undefined;
    },
  });
  res.setHeader('X-Request-Id', requestId);
  // Also without an answer, when the client has closed the connection.
  res.once('close', () => line.answered(res.statusCode));
  const opened: OpenRequest = { requestId, line, isCounted: false, isTokenConsumed: false };
  openRequests.set(req, opened);
  return opened;
}

/**
 * Decides on a request of an adopter's own server. Reads its headers only: body, CORS and errors stay the adopter's.
 *
 * @returns the principal, which is then also `req.principal`; undefined when the request was answered with a refusal
 */
export async function checkAccess<Request extends AccessRequest>(
  deps: CallDeps,
  access: AccessRule,
  req: Request,
  res: ServerResponse,
  { resource, allowShadow, rateLimit }: AccessOptions<Request>,
): Promise<Principal | undefined> {
  const { config, log } = deps;
  const opened = openRequest(deps, req, res);
  const { requestId, line } = opened;
  // Hosting's CDN could keep an answer that has no such header. The handler can replace it.
  if (!res.hasHeader('Cache-Control')) res.setHeader('Cache-Control', 'private, no-store');
  const inShadow = shadowOf(deps, requestId, allowShadow);
  const check = () => requireHttps(config, req);
  const changes = req.method !== 'GET' && req.method !== 'HEAD' && !opened.isTokenConsumed;
  try {
    if (inShadow === undefined) check();
    const decided = await guard(deps, {
      request: { headers: credentialHeaders(config, (name) => headerLines(req, name)) },
      requestId,
      decided: line.decided,
      csrf: csrfCheckFor(req.method),
      setCookie: (header) => res.appendHeader('Set-Cookie', header),
      access,
      rateLimit: opened.isCounted ? null : rateLimit,
      changes,
      appCheckPassed: () => {
        opened.isTokenConsumed ||= changes;
      },
      resource: resource && (async (principal) => resource(req, principal)),
      ...(inShadow && { inShadow, check }),
    });
    opened.isCounted = true;
    if (access !== 'public') opened.principal = decided;
    const principal = opened.principal ?? decided;
    req.principal = principal;
    // The client has closed the connection while this was decided: there will be no other event.
    if (res.closed) line.answered(res.statusCode);
    return principal;
  } catch (thrown) {
    const error = toAppError(thrown);
    const { code } = error;
    const { status } = ERRORS[code];
    if (!isRefusal(error)) log.failure(requestId, error);
    if (!line.answered(status, code)) {
      log.transport({ requestId, granted: false, code, status, method: req.method ?? '' });
    }
    refuse(res, error, problemOf(error, { errorDocs: config.errorDocs, requestId }));
    return undefined;
  }
}

/** Leaves the other headers, such as those of CORS, as they are. */
function refuse(res: ServerResponse, error: AppError, problem: object): void {
  if (res.headersSent) return;
  res.statusCode = ERRORS[error.code].status;
  res.setHeader('Cache-Control', 'private, no-store');
  res.setHeader('Content-Type', 'application/problem+json; charset=utf-8');
  for (const [name, value] of Object.entries(problemHeaders(error))) res.setHeader(name, value);
  res.end(JSON.stringify(problem));
}
