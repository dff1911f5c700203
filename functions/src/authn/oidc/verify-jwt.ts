import type { Clock } from '../../core/clock.ts';
import { type AppError, invalidToken } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import type { TokenVerifier } from '../bearer.ts';
import type { UnverifiedToken } from '../parse-jws.ts';
import { CLOCK_SKEW_SECONDS, readTimes, type TokenTimes } from '../token-times.ts';
import type { Fetch } from './fetch-json.ts';
import type { IssuerProfile } from './issuer-profile.ts';
import { createKeySet, type KeySet } from './jwks.ts';
import { rejectReason } from './reject-reason.ts';

/** Verifies the JWTs of one issuer: form, claims, times and signature. It builds no principal. */
export type JwtVerifier = TokenVerifier<VerifiedJwt>;

export interface VerifiedJwt {
  /** The profile that the token matches. */
  readonly profile: IssuerProfile;
  readonly times: TokenTimes;
}

interface Options {
  /** All profiles of one issuer, e.g. one for its access tokens and one for its ID tokens. */
  readonly profiles: readonly IssuerProfile[];
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly log: Pick<Log, 'keysSkipped'>;
}

/** Checks everything that needs no key before it fetches a key. jose verifies the signature. */
export function createJwtVerifier({ profiles, ...shared }: Options): JwtVerifier {
  const algorithms = [...new Set(profiles.flatMap((profile) => profile.algorithms))];
  const maxBytes = Math.max(...profiles.map(({ maxKeySetBytes }) => maxKeySetBytes));
  const keys = new Map(
    profiles
      .flatMap(({ accepts }) => accepts)
      .map((names) => [names.issuer, createKeySet({ ...names, ...shared, algorithms, maxBytes })]),
  );
  return {
    issuers: [...keys.keys()],
    headerKeys: profiles.flatMap(({ headerKeys }) => headerKeys),
    async verify(token, now) {
      const profile = profiles.find((one) => rejectReason(token, one) === undefined);
      if (profile === undefined) throw rejected(token, profiles);
      const times = timesOf(token, profile, now);
      await verifySignature(token, profile, keys, now);
      return { profile, times };
    },
  };
}

/** The times of a token as its profile reads them. @throws AppError `invalid_token` */
export function timesOf(token: UnverifiedToken, profile: IssuerProfile, now: number): TokenTimes {
  const times = readTimes(token.payload, profile, now);
  return profile.adjustTimes?.(token, times, now) ?? times;
}

function rejected(token: UnverifiedToken, profiles: readonly IssuerProfile[]): AppError {
  const [only, ...others] = profiles.map((profile) => rejectReason(token, profile));
  if (only !== undefined && others.length === 0) return invalidToken(only.reason, only);
  const all = [only, ...others].map((rejection) => rejection?.logDetail ?? rejection?.reason);
  return invalidToken('no-matching-profile', { logDetail: all.join('; ') });
}

/** Loaded for the first token: an `import()` for each would take a third of the verification. */
let jwtVerify: typeof import('jose/jwt/verify').jwtVerify | undefined;

async function verifySignature(
  { raw, header, payload }: UnverifiedToken,
  { algorithms, audience }: IssuerProfile,
  keys: ReadonlyMap<string, KeySet>,
  now: number,
): Promise<void> {
  const issuer = String(payload.iss);
  const key = await keys.get(issuer)?.find({ alg: String(header.alg), kid: String(header.kid) });
  if (key === undefined) throw invalidToken('issuer-not-trusted');
  jwtVerify ??= (await import('jose/jwt/verify')).jwtVerify;
  const options = {
    algorithms: [...algorithms],
    issuer,
    ...(audience !== null && { audience: [...audience] }),
    clockTolerance: CLOCK_SKEW_SECONDS,
    currentDate: new Date(now * 1000),
  };
  await jwtVerify(raw, key, options).catch((cause) => {
    throw invalidToken('wrong-signature', { cause });
  });
}
