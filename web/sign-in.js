import { allRoles } from './api-document.js';
import { byId, h } from './dom.js';
import { askForPasskey, canUsePasskeys, customTokenFor, startAutofill } from './passkeys.js';
import {
  GoogleAuthProvider,
  signInWithCredential,
  signInWithCustomToken,
  signInWithEmailAndPassword,
} from './vendor/firebase.js';

const DEMO_PASSWORD = 'gatehouse';

const MISMATCH = 'E-mail and password do not match. Check both and try again.';
const MESSAGES = {
  // One text for all three: the page must not reveal which addresses have an account.
  'auth/invalid-credential': MISMATCH,
  'auth/wrong-password': MISMATCH,
  'auth/user-not-found': MISMATCH,
  'auth/invalid-email': 'This is not an e-mail address.',
  'auth/user-disabled': 'This account is disabled. Ask an administrator of this site.',
  'auth/user-token-expired': 'You were signed out: your sessions were revoked. Sign in again.',
  'auth/too-many-requests': 'Too many attempts. Wait a few minutes, then try again.',
  'auth/network-request-failed': 'Firebase Auth did not answer. Check your connection and try again.',
  'auth/operation-not-allowed': 'This sign-in method is not enabled for this project.',
};

export const explain = (error) => MESSAGES[error.code] ?? `Sign-in failed: ${error.code ?? error.message}`;

/** The claims Google would assert about an address. The Auth emulator accepts them without a signature. */
function emulatedGoogle(email) {
  const claims = { sub: `google-${email}`, email, email_verified: true, name: email.split('@')[0] };
  return GoogleAuthProvider.credential(JSON.stringify(claims));
}

/**
 * Sets up the sign-in forms. Demo users and simulated Google accounts are for the Auth emulator only.
 * @returns a function that offers passkeys in the e-mail field
 */
export function setUpSignIn({ auth, isEmulator }) {
  const panel = byId('sign-in');
  const error = byId('sign-in-error');

  async function attempt(signIn) {
    error.textContent = '';
    panel.inert = true; // one attempt at a time
    try {
      await signIn();
      for (const form of panel.querySelectorAll('form')) form.reset(); // no password stays in the page
    } catch (problem) {
      error.textContent = explain(problem);
    } finally {
      panel.inert = false;
    }
    if (error.textContent) byId('password').focus();
  }

  function onSubmit(id, signIn) {
    byId(id).addEventListener('submit', (event) => {
      event.preventDefault();
      const fields = Object.fromEntries(new FormData(event.target));
      void attempt(() => signIn(fields));
    });
  }

  async function signInWithPasskey(getResponse) {
    let response;
    await attempt(async () => {
      response = await getResponse();
      await signInWithCustomToken(auth, await customTokenFor(response));
    });
    if (!response) offerPasskeys(); // not after a refusal: it would only be repeated
  }
  const offerPasskeys = () => void startAutofill((response) => signInWithPasskey(() => response));
  byId('passkey-sign-in').hidden = !canUsePasskeys;
  byId('passkey-sign-in').addEventListener('click', () => signInWithPasskey(askForPasskey));

  onSubmit('password-form', ({ email, password }) =>
    signInWithEmailAndPassword(auth, email.trim(), password),
  );
  if (!isEmulator) return offerPasskeys;

  onSubmit('google-form', ({ email }) => signInWithCredential(auth, emulatedGoogle(email.trim())));
  void showDemoUsers((email) => attempt(() => signInWithEmailAndPassword(auth, email, DEMO_PASSWORD)));
  for (const element of panel.querySelectorAll('[data-emulator-only]')) element.hidden = false;
  return offerPasskeys;
}

/** One button for each role: `npm start` creates a demo user with it. */
async function showDemoUsers(signIn) {
  try {
    const roles = await allRoles();
    byId('demo-users').replaceChildren(...roles.map((role) => renderDemoUser(role, signIn)));
  } catch (error) {
    byId('demo-users-note').textContent = `The API did not answer: ${error.message}`;
  }
}

function renderDemoUser(role, signIn) {
  const email = `${role}@demo.test`;
  const button = h(
    'button',
    { type: 'button', className: 'demo-user', onclick: () => signIn(email) },
    h('strong', {}, role),
    h('span', {}, email),
  );
  return h('li', {}, button);
}
