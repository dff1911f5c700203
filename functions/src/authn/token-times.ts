import { invalidToken } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import { isSecond } from '../core/time.ts';

/** How far an issuer's clock may run ahead of ours, in seconds. The same for every issuer. */
export const CLOCK_SKEW_SECONDS = 5;

interface TimeProfile {
  /** Longest accepted `exp - iat`, in seconds. */
  readonly maxLifetime: number;
  /** Must the token have `auth_time`? */
  readonly authTime: 'required' | null;
}

export interface TokenTimes {
  readonly iat: number;
  readonly exp: number;
  /** `auth_time`, or `iat` of a token without one. */
  readonly authTime: number;
  /** `auth_time`, if the token has one. */
  readonly signedInAt: number | undefined;
  /** Of a Firebase session that a token exchange began. */
  readonly isExchanged?: boolean;
}

/**
 * The time claims of a payload (RFC 7519 §4.1; OpenID Connect Core §2 for `auth_time`), in seconds.
 *
 * `exp` has no tolerance: firebase-admin gives none, and a token must not live longer in the cache than without it.
 * Times in the future have a tolerance of {@link CLOCK_SKEW_SECONDS}.
 *
 * @throws AppError `invalid_token`
 */
export function readTimes(payload: JsonObject, profile: TimeProfile, now: number): TokenTimes {
  const exp = readSecond(payload, 'exp');
  const iat = readSecond(payload, 'iat');
  const isOptional = profile.authTime === null && payload.auth_time === undefined;
  const signedInAt = isOptional ? undefined : readSecond(payload, 'auth_time');
  const authTime = signedInAt ?? iat;
  const notBefore = payload.nbf === undefined ? iat : readSecond(payload, 'nbf');
  if (exp <= now) throw invalidToken('token-expired');
  if (exp - iat > profile.maxLifetime) throw invalidToken('lifetime-too-long');
  if (Math.max(iat, authTime, notBefore) > now + CLOCK_SKEW_SECONDS)
    throw invalidToken('issued-in-the-future');
  return { iat, exp, authTime, signedInAt };
}

/** A missing time is an error: `undefined` would compare as not revoked. */
export function readSecond(payload: JsonObject, claim: string): number {
  const value = payload[claim];
  if (isSecond(value)) return value;
  throw invalidToken('malformed-time-claim', { logDetail: `${claim} is not a whole number of seconds` });
}
