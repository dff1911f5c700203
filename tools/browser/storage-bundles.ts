import { codeBlocks } from '../../functions/test/helpers/docs.ts';
import { bundle, filesOf } from './guide-bundles.ts';

/** The code of docs/guides/token-storage.md, bundled for pages. */

/** How a page of each kind of storage signs in and out: `app.signIn(email, password)`, `app.api(path, init)`, `app.signOut()`. */
const withFirebase = (file: string) => `
import * as firebase from 'firebase/auth';
import { api } from './api.js';
import { auth } from './${file}.js';
globalThis.app = {
  api, auth,
  signIn: (email, password) => firebase.signInWithEmailAndPassword(auth, email, password),
  signUp: (email, password) => firebase.createUserWithEmailAndPassword(auth, email, password),
  signOut: () => firebase.signOut(auth),
};`;
const PAGES = {
  session: `import * as app from './session.js'; globalThis.app = app;`,
  memory: withFirebase('memory'),
  'local-storage': withFirebase('local-storage'),
  'cookie-persistence': withFirebase('cookie-persistence'),
};
export type Storage = keyof typeof PAGES;
const ALL_STORAGES = Object.keys(PAGES) as Storage[]; // the keys of an object literal

/** The files that the guide prints. */
function guideFiles(): Map<string, string> {
  const api = codeBlocks('docs/guides/web-client.md').find(({ code }) => code.includes('function api('));
  return filesOf(['docs/guides/token-storage.md']).set('api.js', api?.code ?? '');
}

/** In place of `firebase/auth`: connects to the emulator, as a page does during development. */
export const emulatedAuth = (host: string) => `
import { connectAuthEmulator, initializeAuth as initialize } from 'firebase/auth';
export * from 'firebase/auth';
export function initializeAuth(app, options) {
  const auth = initialize(app, options);
  connectAuthEmulator(auth, 'http://${host}', { disableWarnings: true });
  return auth;
}`;

/**
 * Bundles the code of each kind of storage.
 *
 * @param auth the module in place of `firebase/auth`
 * @returns scripts by the name of their storage
 */
export async function bundleStorages(
  auth: string,
  storages: readonly Storage[] = ALL_STORAGES,
): Promise<Map<string, string>> {
  const pages = storages.map((storage) => [`page-${storage}.js`, PAGES[storage]] as const);
  const names = pages.map(([name]) => name);
  const scripts = await bundle(new Map([...guideFiles(), ...pages]), names, auth);
  return new Map([...scripts].map(([name, script]) => [name.replace('page-', ''), script]));
}

/** The function that the guide prints for `/__cookies__`. */
export async function loadCookiesRoute(): Promise<(request: Request) => Promise<Response>> {
  const code = guideFiles().get('cookies-route.js') ?? '';
  return (await import(`data:text/javascript,${encodeURIComponent(code)}`)).cookiesRoute;
}
