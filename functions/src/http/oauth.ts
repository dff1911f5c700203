import type { Request } from 'express';
import { type AppError, ERRORS } from '../core/errors.ts';
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
export function oauthErrorOf({ code, message, oauthError }: AppError): Record<string, string> | undefined {
  if (ERRORS[code].status !== 400) return undefined;
  return { error: oauthError ?? 'invalid_request', error_description: message };
}
