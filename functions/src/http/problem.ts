import type { ErrorRequestHandler, Request } from 'express';
import { challengeFor } from '../core/challenge.ts';
import { type AppError, ERRORS, isRefusal, problemOf, toAppError } from '../core/errors.ts';
import type { CallDeps } from '../pipeline/call.ts';
import type { CallLine } from '../pipeline/call-line.ts';
import type { BoundOperation } from '../pipeline/operation.ts';

/** Is the request for an OAuth endpoint? By its path as received. */
export type IsOAuth = (req: Request) => boolean;

export function oauthEndpoints(operations: readonly BoundOperation[], mounts: readonly string[]): IsOAuth {
  const endpoints = new Set(
    operations
      .filter(({ operation }) => operation.oauth)
      .flatMap(({ operation: { http } }) =>
        mounts.map((mount) => `${http.method.toUpperCase()} ${mount}${http.path}`),
      ),
  );
  return (req) => endpoints.has(`${req.method} ${req.path}`);
}

/** The members of a refusal for OAuth clients (RFC 6749 §5.2); undefined for an error that has none. */
function oauthErrorOf({ code, message, oauthError }: AppError): Record<string, string> | undefined {
  if (ERRORS[code].status !== 400) return undefined;
  return { error: oauthError ?? 'invalid_request', error_description: message };
}

/** The headers of a refusal, besides those of its body. */
export function problemHeaders(error: AppError): Record<string, string> {
  const challenge = challengeFor(error);
  return {
    ...(challenge !== undefined && { 'WWW-Authenticate': challenge }),
    ...(error.retryAfter !== undefined && { 'Retry-After': String(error.retryAfter) }),
    ...rateLimitHeaders(error),
    ...(error.allow !== undefined && { Allow: error.allow.join(', ') }),
  };
}

/** https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/ */
function rateLimitHeaders({ quota, retryAfter }: AppError): Record<string, string> {
  if (quota === undefined) return {};
  const { name, uses, window } = quota;
  return {
    'RateLimit-Policy': `"${name}";q=${uses};w=${window}`,
    RateLimit: `"${name}";r=0;t=${retryAfter}`,
  };
}

/** The last handler: answers with what was thrown, as RFC 9457 `application/problem+json`. */
export function sendProblem(
  { log, config: { errorDocs } }: Pick<CallDeps, 'config' | 'log'>,
  isOAuth: IsOAuth,
): ErrorRequestHandler {
  return (thrown, req, res, _next) => {
    const error = toAppError(thrown);
    const { status } = ERRORS[error.code];
    const requestId: string = res.locals.requestId;
    if (!isRefusal(error)) log.failure(requestId, error);
    const line: CallLine | undefined = res.locals.line;
    // Before the decision: for the body, for a path or a method that does not exist, or a bug.
    if (!line?.answered(status, error.code) && res.locals.passedTransport) {
      log.transport({ requestId, granted: false, code: error.code, status, method: req.method });
    }
    // The response has begun: the client sees that it is cut off. Express would also print the error.
    if (res.headersSent) return res.socket?.destroySoon();

    res.set(problemHeaders(error));
    const oauthError = isOAuth(req) ? oauthErrorOf(error) : undefined;
    res
      .status(status)
      // OAuth clients read this type only (RFC 6749 §5.2).
      .type(oauthError === undefined ? 'application/problem+json' : 'application/json')
      .send(JSON.stringify({ ...problemOf(error, { errorDocs, requestId }), ...oauthError }));
  };
}
