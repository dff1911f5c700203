import {
  connectAuthEmulator,
  indexedDBLocalPersistence,
  initializeApp,
  initializeAuth,
} from './vendor/firebase.js';

const isLoopback = ['127.0.0.1', 'localhost', '[::1]'].includes(location.hostname);

async function reserved(file) {
  const response = await fetch(`/__/firebase/${file}`);
  if (!response.ok) throw new Error(`Hosting answered ${response.status} to /__/firebase/${file}`);
  return response;
}

/** Does the Auth emulator run? Asks only the Hosting emulator, on loopback. */
async function hasAuthEmulator() {
  if (!isLoopback) return false;
  const script = await (await reserved('init.js?useEmulator=true')).text();
  // Parsed, never run: it is written for the SDK's old global namespace.
  const emulators = JSON.parse(/firebaseEmulators = (\{[^;]*\});/.exec(script)?.[1] ?? '{}');
  return emulators.auth !== undefined;
}

/** Connects to Firebase Auth of the project that serves this page, or to the Auth emulator. */
export async function connect() {
  const [config, isEmulator] = await Promise.all([
    reserved('init.json').then((response) => response.json()),
    hasAuthEmulator(),
  ]);
  // Without a popup resolver the SDK never loads Google's script, so script-src can stay at 'self'.
  const auth = initializeAuth(initializeApp(config), { persistence: indexedDBLocalPersistence });
  // The API passes the SDK's requests on: the Content-Security-Policy allows no other origin on loopback. No warning of the
  // SDK: the page shows its own badge.
  if (isEmulator) connectAuthEmulator(auth, location.origin, { disableWarnings: true });
  await auth.authStateReady();
  return { auth, projectId: config.projectId, isEmulator };
}
