import type { RequestHandler, Response } from 'express';
import type { AppError } from '../errors.ts';
import { ERRORS } from '../errors.ts';
import type { Route } from './route.ts';

/** Remembers of a request that an OAuth client listens, before its body is read. */
export function markOAuth(routes: readonly Route[], mounts: readonly string[]): RequestHandler {
  const rows = routes.filter(({ oauth }) => oauth);
  const endpoints = new Set(
    rows.flatMap(({ method, path }) => mounts.map((mount) => `${method.toUpperCase()} ${mount}${path}`)),
  );
  return (req, res, next) => {
    res.locals.oauth = endpoints.has(`${req.method} ${req.path}`);
    next();
  };
}

export function isOAuth(res: Response): boolean {
  return res.locals.oauth === true;
}

/** What an OAuth client reads of a refusal (RFC 6749 §5.2); undefined for what has no name there. */
export function oauthErrorOf({ code, message, oauthError }: AppError): Record<string, string> | undefined {
  if (ERRORS[code].status !== 400) return undefined;
  return { error: oauthError ?? 'invalid_request', error_description: message };
}
