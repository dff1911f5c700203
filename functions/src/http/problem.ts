import type { ErrorRequestHandler } from 'express';
import { type AppError, ERRORS, problemOf, toAppError } from '../errors.ts';
import type { Log } from '../log.ts';
import { requestId } from './request-id.ts';

/** The last handler: whatever was thrown → RFC 9457 `application/problem+json`. */
export function sendProblem(log: Log): ErrorRequestHandler {
  return (thrown, _req, res, next) => {
    const error = toAppError(thrown);
    const { status } = ERRORS[error.code];
    const id = requestId(res);
    if (status >= 500) log.failure(id, error);
    // The answer has begun: let Express cut the connection rather than append to it.
    if (res.headersSent) return next(thrown);

    const challenge = challengeFor(error);
    if (challenge !== undefined) res.set('WWW-Authenticate', challenge);
    if (error.retryAfter !== undefined) res.set('Retry-After', String(error.retryAfter));
    if (error.allow !== undefined) res.set('Allow', error.allow.join(', '));
    res
      .status(status)
      .type('application/problem+json')
      .send(JSON.stringify(problemOf(error, id)));
  };
}

/** The challenge of RFC 6750 §3: bare without a credential, with an `error` for one that did not do. */
function challengeFor({ code, missing }: AppError): string | undefined {
  const bearer = 'Bearer realm="gatehouse"';
  switch (code) {
    case 'unauthenticated':
      return bearer;
    case 'invalid_token':
      return `${bearer}, error="invalid_token", error_description="The credential was not accepted"`;
    case 'token_stale':
      return `${bearer}, error="invalid_token", error_description="The token is out of date, refresh it"`;
    case 'app_check_failed':
      return 'FirebaseAppCheck realm="gatehouse"';
    default:
      return missing === undefined ? undefined : `${bearer}, error="insufficient_scope", scope="${missing}"`;
  }
}
