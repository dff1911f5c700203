import { authenticate } from '../../functions/src/authn/authenticate.ts';
import { decide } from '../../functions/src/authz/decide.ts';
import { ALL_ROLES } from '../../functions/src/authz/roles.ts';
import { loadConfig } from '../../functions/src/config.ts';
import { googleKey, openGoogle, PROJECT } from '../../functions/test/helpers/google.ts';
import { openInstance } from '../../functions/test/helpers/open-instance.ts';
import { openFirestoreAt, startFirestoreProcess } from '../lib/firestore.ts';
import { firebaseToken } from '../lib/tokens.ts';
import { signToken } from '../tokens/sign.ts';
import type { GrowthSeries } from './growth-series.ts';

const RULE = { permission: 'notes:read' } as const;

/** Cache hit, decision and first verification for a user with more and more roles. */
export async function createRolesSeries(): Promise<GrowthSeries> {
  const google = await openGoogle();
  const firestore = await startFirestoreProcess();
  const deps = openInstance(loadConfig({ GCLOUD_PROJECT: PROJECT }), {
    ...{ app: google.app, fetch: google.fetch, firestore: openFirestoreAt(firestore.host) },
  });
  const callsByCount = new Map<number, Record<string, (index: number) => unknown>>();
  for (const count of [1, 3, 5]) {
    const claims = { sub: `with-${count}`, roles: ALL_ROLES.slice(0, count), rv: 1 };
    const token = await firebaseToken(claims);
    const freshTokens = Array.from({ length: 500 }, (_, jti) =>
      signToken(googleKey, { ...claims, jti: `${count}-${jti}` }),
    );
    async function authenticateToken(one: string) {
      const credential = { authenticator: deps.bearer, value: one };
      return (await authenticate(deps, credential, { fresh: false })).principal;
    }
    const principal = await authenticateToken(token);
    callsByCount.set(count, {
      'cache hit and decision': async () => decide(await authenticateToken(token), RULE, undefined, 0),
      'decision only': () => decide(principal, RULE, undefined, 0),
      'first verification': (index) => {
        // Remove the token from the cache before it is used again.
        deps.bearer.forget(freshTokens[index % 500] ?? '');
        return authenticateToken(freshTokens[index % 500] ?? '');
      },
    });
  }
  return {
    ...{
      variable: 'roles of the user',
      callsByCount,
      mustStayFlat: ['cache hit and decision', 'first verification'],
      callFactors: { 'first verification': 0.1 },
    },
    async close() {
      firestore.stop();
      await google.close();
    },
  };
}
