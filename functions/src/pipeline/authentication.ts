import type { AuthenticateDeps } from '../authn/authenticate.ts';
import { type BearerAuthenticator, createBearerAuthenticator } from '../authn/bearer.ts';
import { createTokenVerifiers } from '../authn/oidc/external-token.ts';
import type { Fetch } from '../authn/oidc/fetch-json.ts';
import { createFirebaseTokenVerifier } from '../authn/oidc/firebase-token.ts';
import { firebaseProfile } from '../authn/oidc/providers/firebase.ts';
import { createJwtVerifier } from '../authn/oidc/verify-jwt.ts';
import type { AccessChanges, AccessRecords, FirstSight } from '../authn/ports.ts';
import { createEmulatorTokenVerifier } from '../platform/firebase-auth/emulator-token-verifier.ts';
import type { Platform } from '../platform/platform.ts';

/** What an instance authenticates callers with. */
export interface Authentication extends AuthenticateDeps {
  /** For the tokens of all issuers. */
  readonly bearer: BearerAuthenticator;
}

/** Builds the verifiers of all token issuers. */
export function createAuthentication(
  { config, clock, fetch, log, auth, firestore }: Platform,
  directory: { readonly feed: AccessChanges; readonly records: AccessRecords },
  firstSight: FirstSight,
): Authentication {
  const { feed: accessChanges, records: accessRecords } = directory;
  const firebase = firebaseProfile(config.projectId);
  const jwt = config.emulator
    ? createEmulatorTokenVerifier({ profile: firebase, auth })
    : createJwtVerifier({ profiles: [firebase], fetch: whileOpening(firestore, fetch), clock, log });
  const bearer = createBearerAuthenticator([
    createFirebaseTokenVerifier({ jwt, records: accessRecords, firstSight, signIn: config.signIn }),
    ...createTokenVerifiers({ profiles: config.trustedIssuers, fetch, clock, log, records: accessRecords }),
  ]);
  return { clock, accessChanges, accessRecords, bearer, authenticators: [bearer] };
}

/** The first token needs both: Firestore's SDK loads while Google's keys are fetched. */
function whileOpening(open: Platform['firestore'], fetch: Fetch): Fetch {
  return (url, init) => {
    open().catch(() => undefined);
    return fetch(url, init);
  };
}
