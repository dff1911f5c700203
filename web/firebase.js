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

/** The URL of the Auth emulator, or undefined. Asks only the Hosting emulator, on loopback. */
async function findAuthEmulator() {
  if (!isLoopback) return undefined;
  const script = await (await reserved('init.js?useEmulator=true')).text();
  // Parsed, never run: it is written for the SDK's old global namespace.
  const emulators = JSON.parse(/firebaseEmulators = (\{[^;]*\});/.exec(script)?.[1] ?? '{}');
  return emulators.auth ? `http://${emulators.auth.hostAndPort}` : undefined;
}

/** Connects to Firebase Auth of the project that serves this page, or to the Auth emulator. */
export async function connect() {
  const [config, emulator] = await Promise.all([
    reserved('init.json').then((response) => response.json()),
    findAuthEmulator(),
  ]);
  // Without a popup resolver the SDK never loads Google's script, so script-src can stay at 'self'.
  const auth = initializeAuth(initializeApp(config), { persistence: indexedDBLocalPersistence });
  if (emulator) connectAuthEmulator(auth, emulator, { disableWarnings: true }); // the page shows its own badge
  await auth.authStateReady();
  return { auth, projectId: config.projectId, isEmulator: emulator !== undefined };
}
