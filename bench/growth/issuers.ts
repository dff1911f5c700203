import { createBearerAuthenticator } from '../../functions/src/authn/bearer.ts';
import { createTokenVerifiers } from '../../functions/src/authn/oidc/external-token.ts';
import { seconds, systemClock } from '../../functions/src/core/clock.ts';
import { googleKey } from '../../functions/test/helpers/google.ts';
import { parseTrustedIssuers } from '../../functions/test/helpers/trusted-issuers.ts';
import { fetchAt, startOutside } from '../lib/outside.ts';
import type { Sizes } from '../lib/sizes.ts';
import { signToken } from '../tokens/sign.ts';
import type { Growing } from './growth-series.ts';

const AUDIENCE = 'https://api.example.com';
const issuerOf = (index: number) => `https://login-${index}.example.com/`;

/** Trusted issuers: choosing who looks at a token of the last one on the list, and recognising it. */
export async function acrossIssuers({ growth: { issuers } }: Sizes): Promise<Growing> {
  const outside = await startOutside(googleKey);
  const at = new Map<number, Record<string, (index: number) => unknown>>();
  for (const count of issuers) {
    const list = Array.from({ length: count }, (_, index) => ({
      ...{ type: 'oidc', issuer: issuerOf(index), audience: AUDIENCE, algorithms: ['RS256'] },
      ...{ jwksUri: `${issuerOf(index)}keys`, tokenUse: 'access', typ: null, map: { everyone: ['member'] } },
    }));
    const profiles = parseTrustedIssuers(JSON.stringify(list), { local: false, allowFirebase: false });
    const bearer = createBearerAuthenticator(
      createTokenVerifiers({
        ...{ profiles, fetch: fetchAt(outside.port), clock: systemClock, records: null },
      }),
    );
    const verify = (token: string) => bearer.authenticate(token, seconds(systemClock));
    const iss = issuerOf(count - 1);
    const tokens = Array.from({ length: 300 }, (_, jti) =>
      signToken(googleKey, { iss, aud: AUDIENCE, jti: `${count}-${jti}` }),
    );
    await verify(tokens[0] ?? '');
    at.set(count, {
      'recognising its token': () => verify(tokens[0] ?? ''),
      'a first sight of one': (index) => {
        const token = tokens[1 + (index % 299)] ?? '';
        // Forgotten before it comes again.
        bearer.forget(token);
        return verify(token);
      },
    });
  }
  return {
    ...{
      of: 'trusted issuers',
      at,
      flat: ['recognising its token', 'a first sight of one'],
      shares: { 'a first sight of one': 0.1 },
    },
    close: async () => outside.stop(),
  };
}
