import type { Principal } from '../authz/principal.ts';
import type { Role } from '../authz/roles.ts';
import { invalidToken, severalCredentials } from '../core/errors.ts';
import type { ExternalIdentity } from './external-identity.ts';
import type { AccessRecord, EntryVersion } from './ports.ts';
import type { ReadSession } from './session-cookie/ports.ts';

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
  /** The record of a token's user, where it was read for this request. That of a session is in `session`. */
  readonly record?: AccessRecord;
  /** Of an external token: the roles by its issuer's map, without grants of the directory. */
  readonly issued?: { readonly roles: readonly Role[] };
  /**
   * Present for an external identity. Its token does not contain the grants of the entry, so a changed entry is read again.
   * A Firebase token contains a copy of the grants, so a changed entry makes it stale.
   */
  readonly identity?: ExternalIdentity;
  /** Present for a session cookie. It contains no grants either. */
  readonly session?: ReadSession;
  /** Keys of access changes that end the credential alone, and not the other ones of its user. */
  readonly endedBy?: readonly string[];
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
  /**
   * Authenticates for a privileged operation: reads the session and the current record, never from memory. Absent for tokens,
   * which are verified without the record.
   *
   * @throws AppError `invalid_token`, `token_stale`, `unavailable`
   */
  read?(credential: Credential, now: number): Promise<Authenticated>;
  /** Removes a credential from memory, because the directory entry has changed. */
  forget(credential: Credential): void;
  /**
   * Keeps the session of an allowed request alive.
   *
   * @param setCookie takes a `Set-Cookie` header; undefined where the answer can have none
   * @returns undefined if there is nothing to do
   * @throws AppError `invalid_token`, `token_stale` for a session that has ended in the meantime; `unavailable`
   */
  renew?(
    credential: Credential,
    authenticated: Authenticated,
    now: number,
    setCookie: ((header: string) => void) | undefined,
  ): Promise<void> | undefined;
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
  if (length > 1) throw severalCredentials('Send one Authorization header, not several.');
  let found: Credential | undefined;
  for (const authenticator of authenticators) {
    const value = authenticator.extract(request);
    if (value === undefined) continue;
    if (found !== undefined) throw severalCredentials('Send one credential, not several.');
    found = { authenticator, value };
  }
  if (found === undefined && length > 0) throw invalidToken('malformed-authorization');
  return found;
}
