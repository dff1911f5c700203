import type { Request } from 'express';
import type { AppError } from '../core/errors.ts';
import { ERRORS } from '../core/errors.ts';
import type { Route } from './route.ts';

/** Does an OAuth client listen? To be asked with the path as it came. */
export type IsOAuth = (req: Request) => boolean;

export function oauthEndpoints(routes: readonly Route[], mounts: readonly string[]): IsOAuth {
  const rows = routes.filter(({ oauth }) => oauth);
  const endpoints = new Set(
    rows.flatMap(({ method, path }) => mounts.map((mount) => `${method.toUpperCase()} ${mount}${path}`)),
  );
  return (req) => endpoints.has(`${req.method} ${req.path}`);
}

/** What an OAuth client reads of a refusal (RFC 6749 §5.2); undefined for what has no name there. */
export function oauthErrorOf({ code, message, oauthError }: AppError): Record<string, string> | undefined {
  if (ERRORS[code].status !== 400) return undefined;
  return { error: oauthError ?? 'invalid_request', error_description: message };
}
