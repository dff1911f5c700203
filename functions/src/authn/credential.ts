import { AppError, invalidToken } from '../core/errors.ts';
import type { Authenticator, CredentialRequest } from './authenticator.ts';

/** The credential of a request, with the authenticator that is responsible for it. */
export interface Credential {
  readonly authenticator: Authenticator;
  /** What its `extract` returned. */
  readonly value: unknown;
}

/**
 * Finds the credential of a request.
 *
 * @returns undefined for a request without one
 * @throws AppError `invalid_request` for two credentials; `invalid_token` for an `Authorization` header that no
 *   authenticator is responsible for: it is never ignored
 */
export function findCredential(
  authenticators: readonly Authenticator[],
  request: CredentialRequest,
): Credential | undefined {
  const { length } = request.headers('authorization');
  if (length > 1) throw several('Send one Authorization header, not several.');
  let found: Credential | undefined;
  for (const authenticator of authenticators) {
    const value = authenticator.extract(request);
    if (value === undefined) continue;
    if (found !== undefined) throw several('Send one credential, not several.');
    found = { authenticator, value };
  }
  if (found === undefined && length > 0) throw invalidToken('malformed-authorization');
  return found;
}

function several(detail: string): AppError {
  return new AppError('invalid_request', detail, { reason: 'several-credentials' });
}
