import { authenticate } from '../../functions/src/authn/authenticate.ts';
import { decide } from '../../functions/src/authz/decide.ts';
import { ALL_ROLES } from '../../functions/src/authz/roles.ts';
import { loadConfig } from '../../functions/src/config.ts';
import { googleKey, openGoogle, PROJECT } from '../../functions/test/helpers/google.ts';
import { openInstance } from '../../functions/test/helpers/open-instance.ts';
import { openFirestoreAt, startFirestoreProcess } from '../lib/firestore.ts';
import { firebaseToken } from '../lib/tokens.ts';
import { signToken } from '../tokens/sign.ts';
import type { Growing } from './growth-series.ts';

const RULE = { permission: 'notes:read' } as const;

/** Roles of one user: recognising the token, and deciding. */
export async function acrossRoles(): Promise<Growing> {
  const google = await openGoogle();
  const firestore = await startFirestoreProcess();
  const deps = openInstance(loadConfig({ GCLOUD_PROJECT: PROJECT }), {
    ...{ app: google.app, firestore: openFirestoreAt(firestore.host) },
  });
  const at = new Map<number, Record<string, (index: number) => unknown>>();
  for (const count of [1, 3, 5]) {
    const claims = { sub: `with-${count}`, roles: ALL_ROLES.slice(0, count), rv: 1 };
    const token = await firebaseToken(claims);
    const firsts = Array.from({ length: 500 }, (_, jti) =>
      signToken(googleKey, { ...claims, jti: `${count}-${jti}` }),
    );
    const authenticated = (one: string) =>
      authenticate(deps, { authenticator: deps.bearer, value: one }, { fresh: false });
    const principal = await authenticated(token);
    at.set(count, {
      'recognise and decide': async () => decide(await authenticated(token), RULE, undefined, 0),
      'decide alone': () => decide(principal, RULE, undefined, 0),
      'a first sight': (index) => {
        // Forgotten before it comes again.
        deps.bearer.forget(firsts[index % 500] ?? '');
        return authenticated(firsts[index % 500] ?? '');
      },
    });
  }
  return {
    ...{
      of: 'roles of the user',
      at,
      flat: ['recognise and decide', 'a first sight'],
      shares: { 'a first sight': 0.1 },
    },
    async close() {
      firestore.stop();
      await google.close();
    },
  };
}
