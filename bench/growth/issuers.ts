import { createBearerAuthenticator } from '../../functions/src/authn/bearer.ts';
import { createTokenVerifiers } from '../../functions/src/authn/oidc/external-token.ts';
import { seconds, systemClock } from '../../functions/src/core/clock.ts';
import { googleKey } from '../../functions/test/helpers/google.ts';
import { parseTrustedIssuers } from '../../functions/test/helpers/trusted-issuers.ts';
import { createLoopbackFetch, startFakeGoogle } from '../lib/fake-google.ts';
import type { Sizes } from '../lib/sizes.ts';
import { signToken } from '../tokens/sign.ts';
import type { GrowthSeries } from './growth-series.ts';

const AUDIENCE = 'https://api.example.com';
const issuerOf = (index: number) => `https://login-${index}.example.com/`;

/** Cache hit and first verification of a token of the last trusted issuer in the list. */
export async function createIssuersSeries({ growth: { issuers } }: Sizes): Promise<GrowthSeries> {
  const fakeGoogle = await startFakeGoogle(googleKey);
  const callsByCount = new Map<number, Record<string, (index: number) => unknown>>();
  for (const count of issuers) {
    const list = Array.from({ length: count }, (_, index) => ({
      ...{ type: 'oidc', issuer: issuerOf(index), audience: AUDIENCE, algorithms: ['RS256'] },
      ...{ jwksUri: `${issuerOf(index)}keys`, tokenUse: 'access', typ: null, map: { everyone: ['member'] } },
    }));
    const profiles = parseTrustedIssuers(JSON.stringify(list), { local: false, allowFirebase: false });
    const bearer = createBearerAuthenticator(
      createTokenVerifiers({
        ...{ profiles, fetch: createLoopbackFetch(fakeGoogle.port), clock: systemClock, records: null },
        log: { keysSkipped: () => undefined, claimsUnreadable: () => undefined },
      }),
    );
    const verify = (token: string) => bearer.authenticate(token, seconds(systemClock));
    const iss = issuerOf(count - 1);
    const tokens = Array.from({ length: 300 }, (_, jti) =>
      signToken(googleKey, { iss, aud: AUDIENCE, jti: `${count}-${jti}` }),
    );
    await verify(tokens[0] ?? '');
    callsByCount.set(count, {
      'cache hit': () => verify(tokens[0] ?? ''),
      'first verification': (index) => {
        const token = tokens[1 + (index % 299)] ?? '';
        // Remove the token from the cache before it is used again.
        bearer.forget(token);
        return verify(token);
      },
    });
  }
  return {
    ...{
      variable: 'trusted issuers',
      callsByCount,
      mustStayFlat: ['cache hit', 'first verification'],
      callFactors: { 'first verification': 0.1 },
    },
    close: async () => fakeGoogle.stop(),
  };
}
