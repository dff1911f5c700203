import type { ErrorRequestHandler } from 'express';
import { challengeFor } from '../core/challenge.ts';
import { ERRORS, isRefusal, problemOf, toAppError } from '../core/errors.ts';
import type { Log } from '../platform/logging/log.ts';
import { type IsOAuth, oauthErrorOf } from './oauth.ts';

/** The last handler: answers with what was thrown, as RFC 9457 `application/problem+json`. */
export function sendProblem(log: Log, isOAuth: IsOAuth): ErrorRequestHandler {
  return (thrown, req, res, next) => {
    const error = toAppError(thrown);
    const { status } = ERRORS[error.code];
    const requestId: string = res.locals.requestId;
    if (!isRefusal(error)) log.failure(requestId, error);
    // The response has begun: let Express close the connection.
    if (res.headersSent) return next(thrown);

    const challenge = challengeFor(error);
    if (challenge !== undefined) res.set('WWW-Authenticate', challenge);
    if (error.retryAfter !== undefined) res.set('Retry-After', String(error.retryAfter));
    if (error.allow !== undefined) res.set('Allow', error.allow.join(', '));
    const oauthError = isOAuth(req) ? oauthErrorOf(error) : undefined;
    res
      .status(status)
      // OAuth clients read this type only (RFC 6749 §5.2).
      .type(oauthError === undefined ? 'application/problem+json' : 'application/json')
      .send(JSON.stringify({ ...problemOf(error, requestId), ...oauthError }));
  };
}
