import { invalidToken } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import { isSecond } from '../core/time.ts';

/** How far an issuer's clock may run ahead of ours, in seconds. The same for every issuer. */
export const CLOCK_SKEW_SECONDS = 5;

interface TimeProfile {
  /** Longest accepted `exp - iat`, in seconds. */
  readonly maxLifetime: number;
  /** Must the token have an `auth_time` that can be read? */
  readonly authTime: 'required' | null;
}

export interface TokenTimes {
  readonly iat: number;
  readonly exp: number;
  /** `auth_time`, or `iat` of a token without one. */
  readonly authTime: number;
  /** `auth_time`, if the token has one. */
  readonly signedInAt: number | undefined;
  /** Of a Firebase session that began with a custom token of Gatehouse: what the token was made for. */
  readonly customToken?: 'exchange' | 'passkey';
}

/** A claim of a custom token: when its user signed in at the issuer, or began the session. Whole seconds. */
export const SUBJECT_AUTH_TIME = 'subject_auth_time';
/** A claim of a custom token: when its user proved a passkey. Whole seconds. */
export const PASSKEY_AUTH_TIME = 'passkey_auth_time';

/**
 * The time claims of a payload (RFC 7519 §4.1; OpenID Connect Core §2 for `auth_time`), in seconds.
 *
 * `exp` has no tolerance: firebase-admin gives none, and a token must not live longer in the cache than without it.
 * Times in the future have a tolerance of {@link CLOCK_SKEW_SECONDS}. A fraction never makes a token live longer: the checks
 * compare it, and the result is rounded down. An `auth_time` that cannot be read and is not required counts as absent.
 *
 * @throws AppError `invalid_token`
 */
export function readTimes(payload: JsonObject, profile: TimeProfile, now: number): TokenTimes {
  const exp = readNumericDate(payload, 'exp');
  const iat = readNumericDate(payload, 'iat');
  const isUnneeded = profile.authTime === null && !isNumericDate(payload.auth_time);
  const signedInAt = isUnneeded ? undefined : readNumericDate(payload, 'auth_time');
  const authTime = signedInAt ?? iat;
  const notBefore = payload.nbf === undefined ? iat : readNumericDate(payload, 'nbf');
  if (Math.floor(exp) <= now) throw invalidToken('token-expired');
  if (exp - iat > profile.maxLifetime) throw invalidToken('lifetime-too-long');
  if (Math.max(iat, authTime, notBefore) > now + CLOCK_SKEW_SECONDS)
    throw invalidToken('issued-in-the-future');
  return {
    iat: Math.floor(iat),
    exp: Math.floor(exp),
    authTime: Math.floor(authTime),
    signedInAt: signedInAt && Math.floor(signedInAt),
  };
}

/** RFC 7519 §2: seconds since the epoch, which may have a fraction. */
function isNumericDate(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER;
}

/** A missing time is an error: `undefined` would compare as not revoked. */
function readNumericDate(payload: JsonObject, claim: string): number {
  const value = payload[claim];
  if (isNumericDate(value)) return value;
  throw invalidToken('malformed-time-claim', { logDetail: `${claim} is not a number of seconds` });
}

/** A time that has to be whole seconds. */
export function readSecond(payload: JsonObject, claim: string): number {
  const value = payload[claim];
  if (isSecond(value)) return value;
  throw invalidToken('malformed-time-claim', { logDetail: `${claim} is not a whole number of seconds` });
}
