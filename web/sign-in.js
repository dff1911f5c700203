import { byId, h } from './dom.js';
import { GoogleAuthProvider, signInWithCredential, signInWithEmailAndPassword } from './vendor/firebase.js';

const DEMO_PASSWORD = 'gatehouse';
const DEMO_USERS = [
  ['owner', 'holds every key'],
  ['admin', 'everything but owners'],
  ['support', 'sees users, ends sessions'],
  ['auditor', 'looks, never touches'],
  ['member', 'just visiting'],
];

const MISMATCH = 'E-mail and password do not match. Check both and try again.';
const MESSAGES = {
  // One text for all three: whether an address has an account is nobody's business.
  'auth/invalid-credential': MISMATCH,
  'auth/wrong-password': MISMATCH,
  'auth/user-not-found': MISMATCH,
  'auth/invalid-email': 'That is not an e-mail address.',
  'auth/user-disabled': 'This account is disabled. Ask whoever runs this site.',
  'auth/user-token-expired': 'You were signed out: your sessions were ended. Sign in again.',
  'auth/too-many-requests': 'Too many attempts. Wait a few minutes, then try again.',
  'auth/network-request-failed': 'Firebase Auth did not answer. Check your connection and try again.',
  'auth/operation-not-allowed': 'This way of signing in is switched off for this project.',
};

export const explain = (error) => MESSAGES[error.code] ?? `Signing in failed: ${error.code ?? error.message}`;

/** What Google would assert about an address. The Auth emulator takes the claims without a signature. */
function emulatedGoogle(email) {
  const claims = { sub: `google-${email}`, email, email_verified: true, name: email.split('@')[0] };
  return GoogleAuthProvider.credential(JSON.stringify(claims));
}

/** Wires the sign-in panel. Demo users and the Google stand-in exist with the Auth emulator only. */
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

  onSubmit('password-form', ({ email, password }) =>
    signInWithEmailAndPassword(auth, email.trim(), password),
  );
  if (!isEmulator) return;

  onSubmit('google-form', ({ email }) => signInWithCredential(auth, emulatedGoogle(email.trim())));
  byId('demo-users').replaceChildren(
    ...DEMO_USERS.map(([role, motto]) => {
      const onclick = () =>
        attempt(() => signInWithEmailAndPassword(auth, `${role}@demo.test`, DEMO_PASSWORD));
      const button = h(
        'button',
        { type: 'button', className: 'ticket', 'data-role': role, onclick },
        h('strong', {}, role),
        h('span', {}, motto),
      );
      return h('li', {}, button);
    }),
  );
  for (const element of panel.querySelectorAll('[data-emulator-only]')) element.hidden = false;
}
