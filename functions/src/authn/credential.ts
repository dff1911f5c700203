import type { Principal } from '../authz/principal.ts';
import { AppError, invalidToken } from '../core/errors.ts';
import type { ExternalIdentity } from './external-identity.ts';
import type { EntryVersion } from './ports.ts';

/** The headers of a request. Credentials are never read from the query or the body. */
export interface CredentialRequest {
  /**
   * Every line of a header as received: Node keeps only the first line in `headers`.
   *
   * @param name in lower case
   */
  headers(name: string): readonly string[];
}

/** An authenticated principal, and what its roles were read from. */
export interface Authenticated {
  readonly principal: Principal;
  /** The directory entry that the roles come from. undefined: there is no directory here. */
  readonly directoryVersion: EntryVersion | undefined;
  /**
   * Present for an external identity. Its token does not contain the grants of the entry, so a changed entry is read again.
   * A Firebase token contains a copy of the grants, so a changed entry makes it stale.
   */
  readonly identity?: ExternalIdentity;
}

/** Authenticates one kind of credential. */
export interface Authenticator<Credential = unknown> {
  /**
   * Finds its kind of credential in a request. Does not verify it.
   *
   * @returns undefined for a request without one
   * @throws AppError `invalid_token` for a malformed one
   */
  extract(request: CredentialRequest): Credential | undefined;
  /**
   * A promise only for the first verification: a verified credential is found in memory.
   *
   * @param now seconds since the epoch
   * @throws AppError `invalid_token`, `token_stale`, `unavailable`
   */
  authenticate(credential: Credential, now: number): Authenticated | Promise<Authenticated>;
  /** Removes a credential from memory, because the directory entry has changed. */
  forget(credential: Credential): void;
}

/** The credential of a request, with the authenticator of its kind. */
export interface Credential {
  readonly authenticator: Authenticator;
  /** What its `extract` returned. */
  readonly value: unknown;
}

/**
 * Finds the credential of a request.
 *
 * @returns undefined for a request without one
 * @throws AppError `invalid_request` for two credentials; `invalid_token` for an `Authorization` header of no known kind,
 *   which is never ignored
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
