import { type Clock, seconds } from '../core/clock.ts';
import { invalidToken } from '../core/errors.ts';
import type { Authenticator } from './authenticator.ts';
import { parseCompactJws } from './parse-jws.ts';
import type { VerifiedToken, VerifiedTokenCache } from './token-cache.ts';

export interface VerifyDeps {
  readonly authenticators: readonly Authenticator[];
  readonly verifiedTokens: VerifiedTokenCache;
  readonly clock: Clock;
}

/**
 * Recognises a token that was verified before, at once; or verifies it.
 *
 * @throws AppError `invalid_token`, `token_stale`, `unavailable`
 */
export function verifyToken(
  { authenticators, verifiedTokens, clock }: VerifyDeps,
  raw: string,
): VerifiedToken | Promise<VerifiedToken> {
  const now = seconds(clock);
  return verifiedTokens.get(raw, now, () => verify(authenticators, raw, now));
}

async function verify(
  authenticators: readonly Authenticator[],
  raw: string,
  now: number,
): Promise<VerifiedToken> {
  // `iss` only chooses who looks; nothing is fetched for an issuer that is not on the list.
  const ofIssuer = (issuer: unknown) =>
    authenticators.find(({ issuers }) => issuers.some((one) => one === issuer));
  const token = parseCompactJws(raw, (issuer) => ofIssuer(issuer)?.headerKeys ?? []);
  const authenticator = ofIssuer(token.payload.iss);
  if (authenticator === undefined) throw invalidToken('issuer not on the list');
  return authenticator.authenticate(token, now);
}
