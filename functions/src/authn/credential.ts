import { AppError, invalidToken } from '../errors.ts';

/** What the caller presents. */
export interface Credential {
  readonly kind: 'bearer';
  readonly token: string;
}

/**
 * Finds at most one credential in a request's `Authorization` header lines (RFC 6750 §2.1). Never looks at the query
 * string or the body.
 *
 * @param authorization every `Authorization` line as received: Node keeps only the first in `headers`.
 * @throws AppError `invalid_request` for two credentials, `invalid_token` for anything but `Bearer <token>`.
 */
export function findCredential(authorization: readonly string[]): Credential | undefined {
  const [value, ...others] = authorization;
  if (value === undefined) return undefined;
  if (others.length > 0) {
    throw new AppError('invalid_request', 'Send one Authorization header, not several.');
  }
  const token = /^Bearer +([^\s,]+)$/i.exec(value)?.[1];
  if (token === undefined) throw invalidToken('Authorization is not of the form "Bearer <token>"');
  return { kind: 'bearer', token };
}
