import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { build } from '../../functions/node_modules/esbuild/lib/main.js';
import { codeBlocks } from '../../functions/test/helpers/docs.ts';
import { FUNCTIONS } from '../lib/run.ts';

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

/** The files that the guides print, by their names: the first line of each block. */
function guideFiles(): Map<string, string> {
  const files = new Map<string, string>();
  for (const { language, code } of codeBlocks('docs/guides/token-storage.md')) {
    const [, name] = /^\/\/ ([\w-]+\.js)\n/.exec(code) ?? [];
    if (language === 'js' && name !== undefined) files.set(name, code);
  }
  const api = codeBlocks('docs/guides/web-client.md').find(({ code }) => code.includes('function api('));
  return files.set('api.js', api?.code ?? '');
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
 * Bundles the code of each kind of storage with the Firebase SDK, as an adopter's build does.
 *
 * @param auth the module in place of `firebase/auth`
 * @returns scripts by the name of their storage
 */
export async function bundleStorages(
  auth: string,
  storages: readonly Storage[] = ALL_STORAGES,
): Promise<Map<string, string>> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-token-storage-'));
  const inFolder = (name: string) => join(folder, name);
  try {
    symlinkSync(join(FUNCTIONS, 'node_modules'), inFolder('node_modules'));
    const pages = storages.map((storage) => [`page-${storage}.js`, PAGES[storage]] as const);
    const files = [...guideFiles(), ...pages, ['auth.js', auth] as const];
    for (const [name, code] of files) writeFileSync(inFolder(name), code);
    const { outputFiles } = await build({
      entryPoints: Object.fromEntries(storages.map((storage) => [storage, inFolder(`page-${storage}.js`)])),
      outdir: folder,
      plugins: [
        {
          name: 'auth',
          setup(building) {
            building.onResolve({ filter: /^firebase\/auth$/ }, ({ importer }) =>
              importer === inFolder('auth.js') ? undefined : { path: inFolder('auth.js') },
            );
          },
        },
      ],
      ...{ bundle: true, format: 'esm', platform: 'browser', target: 'es2024', write: false },
    });
    return new Map(outputFiles.map(({ path, text }) => [basename(path, '.js'), text]));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The function that the guide prints for `/__cookies__`. */
export async function loadCookiesRoute(): Promise<(request: Request) => Promise<Response>> {
  const code = guideFiles().get('cookies-route.js') ?? '';
  return (await import(`data:text/javascript,${encodeURIComponent(code)}`)).cookiesRoute;
}
