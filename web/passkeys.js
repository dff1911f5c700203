import { callAnonymously, whyRefused } from './api.js';
import {
  browserSupportsWebAuthn,
  browserSupportsWebAuthnAutofill,
  startAuthentication,
  startRegistration,
  WebAuthnAbortService,
} from './vendor/webauthn.js';

/** Passkeys belong to a domain name: at an IP address browsers refuse them. */
const isAddress = /^[\d.]+$|^\[/.test(location.hostname);
export const canUsePasskeys = browserSupportsWebAuthn() && !isAddress;

const NOT_USED = 'No passkey was used.'; // browsers say the same when the user cancels and when there is none

/** Waits for an authenticator. @throws an error that can be shown */
async function explaining(ceremony) {
  try {
    return await ceremony;
  } catch (error) {
    const isKnown = error.name === 'InvalidStateError';
    const text = isKnown ? 'This device has a passkey of your account already.' : error.message;
    throw new Error(error.name === 'NotAllowedError' ? NOT_USED : text);
  }
}

/** Creates a passkey of the signed-in user. @returns the API's answer */
export async function createPasskey(call) {
  const options = await call('POST', '/me/factors/passkeys/options');
  if (!options.ok) return options;
  const response = await explaining(startRegistration({ optionsJSON: options.body }));
  return call('POST', '/me/factors/passkeys', { response });
}

/** Proves a passkey of the signed-in user. @returns the API's answer */
export async function provePasskey(call) {
  const options = await call('POST', '/me/step-up/options');
  if (!options.ok) return options;
  const passkey = await explaining(startAuthentication({ optionsJSON: options.body }));
  return call('POST', '/me/step-up', { passkey });
}

async function publicCall(path, body) {
  const answer = await callAnonymously('POST', path, body);
  if (!answer.ok) throw new Error(whyRefused(answer));
  return answer.body;
}

const signInOptions = () => publicCall('/passkeys/sign-in/options');

/** Asks for any passkey of this site. */
export async function askForPasskey() {
  endAutofill();
  return explaining(startAuthentication({ optionsJSON: await signInOptions() }));
}

/** A Firebase custom token of the user whom the passkey belongs to. */
export const customTokenFor = async (response) =>
  (await publicCall('/passkeys/sign-in/verify', { response })).customToken;

const RENEW_MS = 4 * 60_000; // the API accepts an answer for five minutes
let latestAutofill = 0;
let renewal;

/**
 * Offers passkeys in the browser's list for the e-mail field until one is chosen, or until {@link endAutofill}.
 * @param {(response: object) => void} onChosen
 */
export async function startAutofill(onChosen) {
  endAutofill();
  const thisAutofill = latestAutofill;
  if (!canUsePasskeys || !(await browserSupportsWebAuthnAutofill())) return;
  try {
    const optionsJSON = await signInOptions();
    if (thisAutofill !== latestAutofill) return;
    renewal = setTimeout(startAutofill, RENEW_MS, onChosen);
    onChosen(await startAuthentication({ optionsJSON, useBrowserAutofill: true }));
  } catch {
    // Ended, or there are no options now: the button says why.
  }
}

export function endAutofill() {
  latestAutofill += 1;
  clearTimeout(renewal);
  WebAuthnAbortService.cancelCeremony();
}
