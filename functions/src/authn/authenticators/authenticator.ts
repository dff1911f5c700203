import type { UnverifiedToken } from '../token-guard.ts';
import type { VerifiedToken } from '../verified-token-cache.ts';

/** Verifies one kind of token. */
export interface Authenticator {
  /** The exact `iss` it answers for. A token of another issuer is not its business. */
  readonly issuer: string;
  /**
   * @param now seconds since the epoch
   * @throws AppError `invalid_token`, or `unavailable` when it could not be decided
   */
  authenticate(token: UnverifiedToken, now: number): Promise<VerifiedToken>;
}
