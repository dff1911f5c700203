import { initializeApp } from 'https://www.gstatic.com/firebasejs/12.19.0/firebase-app.js';
import {
  connectAuthEmulator,
  initializeAuth,
  inMemoryPersistence,
  signInWithEmailAndPassword,
  signOut,
} from 'https://www.gstatic.com/firebasejs/12.19.0/firebase-auth.js';

/** Signs in with Firebase, for a token that lives as long as this page. The session is the cookie. */
export async function readIdToken({ apiKey, authEmulator }, fields) {
  const auth = initializeAuth(initializeApp({ apiKey }), { persistence: inMemoryPersistence });
  if (authEmulator) connectAuthEmulator(auth, authEmulator, { disableWarnings: true });
  const { user } = await signInWithEmailAndPassword(auth, fields.get('email'), fields.get('password'));
  const token = await user.getIdToken();
  await signOut(auth);
  return token;
}
