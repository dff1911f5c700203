import type { Clock } from '../../core/clock.ts';
import type { AccessRecords } from '../access-records.ts';
import type { TokenVerifier } from '../bearer.ts';
import { createExternalTokenVerifier } from './external-token.ts';
import type { Fetch } from './fetch-json.ts';
import type { IssuerProfile } from './issuer-profile.ts';
import { createJwtVerifier } from './verify-jwt.ts';

interface Options {
  readonly profiles: readonly IssuerProfile[];
  readonly fetch: Fetch;
  readonly clock: Clock;
  /** `null`: there is no directory here. */
  readonly records: Pick<AccessRecords, 'readExternal'> | null;
}

/** One verifier for each trusted issuer, however many profiles it has. Fetches nothing. */
export function createTokenVerifiers({ profiles, fetch, clock, records }: Options): TokenVerifier[] {
  const byIssuer = Map.groupBy(profiles, ({ issuer }) => issuer);
  return [...byIssuer.values()].map((ofIssuer) =>
    createExternalTokenVerifier({ jwt: createJwtVerifier({ profiles: ofIssuer, fetch, clock }), records }),
  );
}
