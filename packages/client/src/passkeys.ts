import {
  type AuthenticationResponseJSON,
  browserSupportsWebAuthn,
  browserSupportsWebAuthnAutofill,
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
  startAuthentication,
  startRegistration,
  WebAuthnAbortService,
  WebAuthnError,
} from '@simplewebauthn/browser';
import type { Factor } from './factors.ts';
import type { Session } from './session.ts';
import type { Call } from './transport.ts';

/** One of the two: a token for `signInWithCustomToken`, or, in cookie mode, the session. */
export type SignedIn =
  | { readonly customToken: string; readonly session?: never }
  | { readonly session: Session; readonly customToken?: never };

/** Each function throws GatehouseError, and the browser's error (`NotAllowedError`) when the user closes the dialog. */
export interface Passkeys {
  isSupported(): boolean;
  /** Creates a passkey for the signed-in user. Call it from a click. */
  enroll(options?: { readonly name?: string }): Promise<Factor>;
  /**
   * Signs in with a passkey; the browser shows those of this site.
   *
   * @param options.autofill the browser offers them in the field with `autocomplete="username webauthn"`, without a dialog.
   * Call it when the page loads
   * @returns undefined with `autofill`, when the browser has none or another ceremony took the place of this one
   */
  signIn(options?: { readonly autofill?: false }): Promise<SignedIn>;
  signIn(options: { readonly autofill: boolean }): Promise<SignedIn | undefined>;
}

/** A challenge lives five minutes, and a page with a form longer: an unused challenge is replaced after this time. */
const RENEW_MS = 270_000;

/** Waits until the user picks a passkey in the form. */
async function pickInForm(
  getOptions: () => Promise<PublicKeyCredentialRequestOptionsJSON>,
): Promise<AuthenticationResponseJSON | undefined> {
  if (!(await browserSupportsWebAuthnAutofill())) return undefined;
  for (;;) {
    const optionsJSON = await getOptions();
    let isOld = false;
    const renew = () => {
      isOld = true;
      WebAuthnAbortService.cancelCeremony();
    };
    const timer = setTimeout(renew, RENEW_MS);
    try {
      return await startAuthentication({ optionsJSON, useBrowserAutofill: true });
    } catch (error) {
      const isAborted = error instanceof WebAuthnError && error.code === 'ERROR_CEREMONY_ABORTED';
      if (!isAborted) throw error;
      if (!isOld) return undefined;
    } finally {
      clearTimeout(timer);
    }
  }
}

/**
 * @param asSession begin a session instead of returning a custom token
 * @param complete what the client does with the answer
 */
export function createPasskeys(
  request: Call,
  anonymous: Call,
  asSession: boolean,
  complete: (signedIn: SignedIn) => Promise<void>,
): Passkeys {
  const getOptions = () =>
    anonymous<PublicKeyCredentialRequestOptionsJSON>('POST', '/passkeys/sign-in/options');

  function signIn(options?: { readonly autofill?: false }): Promise<SignedIn>;
  function signIn(options: { readonly autofill: boolean }): Promise<SignedIn | undefined>;
  async function signIn({ autofill = false } = {}) {
    const response = autofill
      ? await pickInForm(getOptions)
      : await startAuthentication({ optionsJSON: await getOptions() });
    if (response === undefined) return undefined;
    const body = { response, ...(asSession && { session: true }) };
    const signedIn = await anonymous<SignedIn>('POST', '/passkeys/sign-in/verify', { body });
    await complete(signedIn);
    return signedIn;
  }

  return {
    isSupported: browserSupportsWebAuthn,
    async enroll({ name } = {}) {
      const path = '/me/factors/passkeys';
      const optionsJSON = await request<PublicKeyCredentialCreationOptionsJSON>('POST', `${path}/options`);
      const response = await startRegistration({ optionsJSON });
      return request('POST', path, { body: { response, ...(name !== undefined && { name }) } });
    },
    signIn,
  };
}
