import type { AccessChanges } from '../authn/access-changes.ts';
import type { AccessRecords } from '../authn/access-records.ts';
import type { AuthenticateDeps } from '../authn/authenticate.ts';
import { createExternalAuthenticators } from '../authn/oidc/authenticators.ts';
import { createFirebaseIdTokenAuthenticator } from '../authn/oidc/firebase-id-token.ts';
import { createVerifiedTokenCache } from '../authn/token-cache.ts';
import type { Platform } from '../platform/platform.ts';

/** The verifiers of all token issuers, and what revokes their tokens. */
export function createAuthentication(
  { config, clock, fetch, auth, firestore }: Platform,
  directory: { readonly feed: AccessChanges; readonly records: AccessRecords },
): AuthenticateDeps {
  const { feed: accessChanges, records: accessRecords } = directory;
  return {
    ...{ clock, accessChanges, accessRecords },
    verifiedTokens: createVerifiedTokenCache(),
    authenticators: [
      createFirebaseIdTokenAuthenticator({
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
      ...createExternalAuthenticators({
        profiles: config.trustedIssuers,
        ...{ fetch, clock, records: accessRecords },
      }),
    ],
  };
}
