import type { ErrorRequestHandler } from 'express';
import { challengeFor } from '../core/challenge.ts';
import { ERRORS, isRefusal, problemOf, toAppError } from '../core/errors.ts';
import type { Log } from '../platform/logging/log.ts';
import { type IsOAuth, oauthErrorOf } from './oauth.ts';

/** The last handler: whatever was thrown → RFC 9457 `application/problem+json`. */
export function sendProblem(log: Log, isOAuth: IsOAuth): ErrorRequestHandler {
  return (thrown, req, res, next) => {
    const error = toAppError(thrown);
    const { status } = ERRORS[error.code];
    const requestId: string = res.locals.requestId;
    if (!isRefusal(error)) log.failure(requestId, error);
    // The answer has begun: let Express cut the connection rather than append to it.
    if (res.headersSent) return next(thrown);

    const challenge = challengeFor(error);
    if (challenge !== undefined) res.set('WWW-Authenticate', challenge);
    if (error.retryAfter !== undefined) res.set('Retry-After', String(error.retryAfter));
    if (error.allow !== undefined) res.set('Allow', error.allow.join(', '));
    const oauthError = isOAuth(req) ? oauthErrorOf(error) : undefined;
    res
      .status(status)
      // An OAuth client reads no other kind of JSON (RFC 6749 §5.2).
      .type(oauthError === undefined ? 'application/problem+json' : 'application/json')
      .send(JSON.stringify({ ...problemOf(error, requestId), ...oauthError }));
  };
}
