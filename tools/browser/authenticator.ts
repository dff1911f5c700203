import type { CDPSession, Page } from 'playwright-core';

/** The authenticator of a laptop or phone, as Chromium simulates it: https://chromedevtools.github.io/devtools-protocol/tot/WebAuthn/ */
export interface Authenticator {
  /** Whether the check, e.g. of a fingerprint, succeeds. */
  setVerified(isVerified: boolean): Promise<void>;
  credentials(): ReturnType<typeof credentialsOf>;
  /** Goes on with the passkeys as they were, their counters included. */
  restore(saved: Awaited<ReturnType<typeof credentialsOf>>): Promise<void>;
}

const credentialsOf = async (session: CDPSession, authenticatorId: string) =>
  (await session.send('WebAuthn.getCredentials', { authenticatorId })).credentials;

/** Turns the list of passkeys in the e-mail field off, until the page is loaded again: the authenticator would take one at once. */
export const withoutAutofill = (page: Page): Promise<unknown> =>
  page.evaluate('PublicKeyCredential.isConditionalMediationAvailable = async () => false');

/** Gives the page an authenticator without passkeys. Its user is there and passes the check, so that it answers at once. */
export async function addAuthenticator(page: Page): Promise<Authenticator> {
  const session = await page.context().newCDPSession(page);
  await session.send('WebAuthn.enable');
  const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return {
    async setVerified(isUserVerified) {
      await session.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified });
    },
    credentials: () => credentialsOf(session, authenticatorId),
    async restore(saved) {
      await session.send('WebAuthn.clearCredentials', { authenticatorId });
      for (const credential of saved) {
        await session.send('WebAuthn.addCredential', { authenticatorId, credential });
      }
    },
  };
}
