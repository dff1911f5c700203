import type { Principal } from '../authz/principal.ts';
import type { EntryVersion } from './access-records.ts';
import type { ExternalIdentity } from './external-identity.ts';

/** The part of a request that credentials are read from. The query and the body are never part of it. */
export interface CredentialRequest {
  /**
   * Every line of a header as received: Node keeps only the first line in `headers`.
   *
   * @param name in lower case
   */
  headers(name: string): readonly string[];
}

/** A principal, and what its roles were read from. */
export interface Authentication {
  readonly principal: Principal;
  /** The directory entry that the roles come from, and its version then. undefined: there is no directory. */
  readonly directoryVersion: EntryVersion | undefined;
  /**
   * Present for an external identity: its token does not contain the entry's grants, so a change of the entry means that
   * it is read again. A Firebase token carries a copy, which a change makes stale.
   */
  readonly identity?: ExternalIdentity;
}

/** Authenticates one kind of credential. */
export interface Authenticator<Credential = unknown> {
  /**
   * Its kind of credential in a request, not verified.
   *
   * @returns undefined: the request has none of this kind
   * @throws AppError `invalid_token` for one that is malformed
   */
  extract(request: CredentialRequest): Credential | undefined;
  /**
   * A promise only while something is verified: a credential that was accepted before is recognised at once.
   *
   * @param now seconds since the epoch
   * @throws AppError `invalid_token`, `token_stale`, or `unavailable` when it could not be decided
   */
  authenticate(credential: Credential, now: number): Authentication | Promise<Authentication>;
  /** Drops what is remembered of a credential, because a directory entry changed. */
  forget(credential: Credential): void;
}
