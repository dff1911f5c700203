import {
  connectAuthEmulator,
  indexedDBLocalPersistence,
  initializeApp,
  initializeAuth,
} from './vendor/firebase.js';

const isLoopback = ['127.0.0.1', 'localhost', '[::1]'].includes(location.hostname);

async function reserved(file) {
  const response = await fetch(`/__/firebase/${file}`);
  if (!response.ok) throw new Error(`Hosting gave ${response.status} for /__/firebase/${file}`);
  return response;
}

/** Where the Auth emulator is, or undefined. Only the Hosting emulator, on loopback, is asked and believed. */
async function findAuthEmulator() {
  if (!isLoopback) return undefined;
  const script = await (await reserved('init.js?useEmulator=true')).text();
  // Read, never run: it is written for the SDK's old global namespace.
  const emulators = JSON.parse(/firebaseEmulators = (\{[^;]*\});/.exec(script)?.[1] ?? '{}');
  return emulators.auth ? `http://${emulators.auth.hostAndPort}` : undefined;
}

/** Firebase Auth of the project whose Hosting serves this page; the Auth emulator's on a developer's machine. */
export async function connect() {
  const [config, emulator] = await Promise.all([
    reserved('init.json').then((response) => response.json()),
    findAuthEmulator(),
  ]);
  // Without a popup resolver the SDK never loads Google's script, so script-src can stay at 'self'.
  const auth = initializeAuth(initializeApp(config), { persistence: indexedDBLocalPersistence });
  if (emulator) connectAuthEmulator(auth, emulator, { disableWarnings: true }); // the page has a badge of its own
  await auth.authStateReady();
  return { auth, projectId: config.projectId, isEmulator: emulator !== undefined };
}
