import type { AccessChanges } from '../authn/access-changes.ts';
import type { AccessRecords } from '../authn/access-records.ts';
import type { AuthenticateDeps } from '../authn/authenticate.ts';
import { type BearerAuthenticator, createBearerAuthenticator } from '../authn/bearer.ts';
import { createFirebaseIdTokenVerifier } from '../authn/oidc/firebase-id-token.ts';
import { createTokenVerifiers } from '../authn/oidc/token-verifiers.ts';
import type { Platform } from '../platform/platform.ts';

/** How an instance authenticates callers. */
export interface Authentication extends AuthenticateDeps {
  /** Tokens of all issuers. */
  readonly bearer: BearerAuthenticator;
}

/** The verifiers of all token issuers, and what revokes their tokens. */
export function createAuthentication(
  { config, clock, fetch, auth, firestore }: Platform,
  directory: { readonly feed: AccessChanges; readonly records: AccessRecords },
): Authentication {
  const { feed: accessChanges, records: accessRecords } = directory;
  const bearer = createBearerAuthenticator([
    createFirebaseIdTokenVerifier({
      projectId: config.projectId,
      emulator: config.emulator,
      async verifyIdToken(token) {
        const verified = (await auth()).verifyIdToken(token);
        // The first token needs both: Firestore's SDK loads while Google's keys are being fetched.
        firestore().catch(() => undefined);
        return verified;
      },
      records: accessRecords,
    }),
    ...createTokenVerifiers({ profiles: config.trustedIssuers, fetch, clock, records: accessRecords }),
  ]);
  return { ...{ clock, accessChanges, accessRecords }, bearer, authenticators: [bearer] };
}
