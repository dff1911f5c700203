import type { Clock } from '../../core/clock.ts';
import type { AccessRecords } from '../access-records.ts';
import type { Authenticator } from '../authenticator.ts';
import { createExternalTokenAuthenticator } from './external-token.ts';
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

/** One authenticator for each issuer, however many profiles it has. Fetches nothing. */
export function createExternalAuthenticators({ profiles, fetch, clock, records }: Options): Authenticator[] {
  const byIssuer = Map.groupBy(profiles, ({ issuer }) => issuer);
  return [...byIssuer.values()].map((ofIssuer) => {
    const algorithms = [...new Set(ofIssuer.flatMap((profile) => profile.algorithms))];
    const keys = new Map(
      ofIssuer
        .flatMap(({ accepts }) => accepts)
        .map(({ issuer, jwksUri }) => [issuer, createKeySet({ jwksUri, issuer, algorithms, fetch, clock })]),
    );
    return createExternalTokenAuthenticator({ profiles: ofIssuer, keys, records });
  });
}
