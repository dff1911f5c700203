import type { Clock } from '../../core/clock.ts';
import type { AccessRecords } from '../access-records.ts';
import type { TokenVerifier } from '../bearer.ts';
import { createExternalTokenVerifier } from './external-token.ts';
import type { Fetch } from './fetch-json.ts';
import type { IssuerProfile } from './issuer-profile.ts';
import { createKeySet } from './jwks.ts';

interface Options {
  readonly profiles: readonly IssuerProfile[];
  readonly fetch: Fetch;
  readonly clock: Clock;
  /** `null`: there is no directory here. */
  readonly records: Pick<AccessRecords, 'readExternal'> | null;
}

/** One verifier for each issuer, however many profiles it has. Fetches nothing. */
export function createTokenVerifiers({ profiles, fetch, clock, records }: Options): TokenVerifier[] {
  const byIssuer = Map.groupBy(profiles, ({ issuer }) => issuer);
  return [...byIssuer.values()].map((ofIssuer) => {
    const algorithms = [...new Set(ofIssuer.flatMap((profile) => profile.algorithms))];
    const keys = new Map(
      ofIssuer
        .flatMap(({ accepts }) => accepts)
        .map(({ issuer, jwksUri }) => [issuer, createKeySet({ jwksUri, issuer, algorithms, fetch, clock })]),
    );
    return createExternalTokenVerifier({ profiles: ofIssuer, keys, records });
  });
}
