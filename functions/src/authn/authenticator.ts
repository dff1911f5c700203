import type { UnverifiedToken } from './parse-jws.ts';
import type { VerifiedToken } from './token-cache.ts';

/** Verifies one kind of token. */
export interface Authenticator {
  /** Every exact `iss` it answers for. A token of another issuer is not its business. */
  readonly issuers: readonly string[];
  /** Header keys its tokens may have besides `alg`, `kid` and `typ`. */
  readonly headerKeys: readonly string[];
  /**
   * @param now seconds since the epoch
   * @throws AppError `invalid_token`, or `unavailable` when it could not be decided
   */
  authenticate(token: UnverifiedToken, now: number): Promise<VerifiedToken>;
}
