import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { build } from '../../functions/node_modules/esbuild/lib/main.js';
import { codeBlocks } from '../../functions/test/helpers/docs.ts';
import { FUNCTIONS } from '../lib/run.ts';

/** Pages that run the code of docs/guides/token-storage.md at the address of the API. */

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
  memory: withFirebase('memory'),
  'local-storage': withFirebase('local-storage'),
  'cookie-persistence': withFirebase('cookie-persistence'),
};
export type Storage = keyof typeof PAGES;

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
const emulated = (authHost: string) => `
import { connectAuthEmulator, initializeAuth as initialize } from 'firebase/auth';
export * from 'firebase/auth';
export function initializeAuth(app, options) {
  const auth = initialize(app, options);
  connectAuthEmulator(auth, 'http://${authHost}', { disableWarnings: true });
  return auth;
}`;

/** Bundles the code of each kind of storage with the Firebase SDK, as an adopter's build does. */
export async function bundleStorages(authHost: string): Promise<Map<string, string>> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-token-storage-'));
  try {
    symlinkSync(join(FUNCTIONS, 'node_modules'), join(folder, 'node_modules'));
    for (const [name, code] of guideFiles()) writeFileSync(join(folder, name), code);
    writeFileSync(join(folder, 'emulated-auth.js'), emulated(authHost));
    const pages = Object.entries(PAGES).map(
      ([storage, code]) => [storage, join(folder, `page-${storage}.js`), code] as const,
    );
    for (const [, file, code] of pages) writeFileSync(file, code);
    const { outputFiles } = await build({
      entryPoints: Object.fromEntries(pages.map(([storage, file]) => [storage, file])),
      outdir: folder,
      plugins: [
        {
          name: 'auth-emulator',
          setup(building) {
            building.onResolve({ filter: /^firebase\/auth$/ }, ({ importer }) =>
              importer.endsWith('emulated-auth.js') ? undefined : { path: join(folder, 'emulated-auth.js') },
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

export interface StoragePage {
  readonly page: Page;
  /** Runs JavaScript in the page, with `app` of its storage. */
  run<T>(code: string): Promise<T>;
  reload(): Promise<void>;
}

/** Serves a page for each of these scripts, at `/storage/<name>`. For the option `serve` of the proxy. */
export function servePages(scripts: ReadonlyMap<string, string>) {
  return ({ url = '' }: IncomingMessage, outgoing: ServerResponse): boolean => {
    const [, name = '', isScript] = /^\/storage\/([\w-]+)(\.js)?$/.exec(url) ?? [];
    const script = scripts.get(name);
    if (script === undefined) return false;
    outgoing.setHeader('Content-Type', isScript ? 'text/javascript' : 'text/html');
    const html = `<!doctype html><title>${name}</title><script type="module" src="/storage/${name}.js"></script>`;
    outgoing.end(isScript ? script : html);
    return true;
  };
}

/** Opens the page of this storage, at the address of the API. */
export async function openStoragePage(
  context: BrowserContext,
  origin: string,
  storage: Storage,
): Promise<StoragePage> {
  const page = await context.newPage();
  const isReady = () => page.waitForFunction('globalThis.app !== undefined');
  await page.goto(`${origin}/storage/${storage}`);
  await isReady();
  return {
    page,
    run: (code) => page.evaluate(code),
    async reload() {
      await page.reload();
      await isReady();
    },
  };
}

/** What an injected script finds in all storage that scripts can read, as text. */
export const READ_EVERYTHING = `(async () => {
  const found = [document.cookie, JSON.stringify(await cookieStore.getAll())];
  found.push(JSON.stringify({ ...localStorage }), JSON.stringify({ ...sessionStorage }));
  for (const { name } of await indexedDB.databases()) {
    const database = await new Promise((resolve) => {
      indexedDB.open(name).onsuccess = ({ target }) => resolve(target.result);
    });
    for (const store of database.objectStoreNames) {
      const values = await new Promise((resolve) => {
        database.transaction(store).objectStore(store).getAll().onsuccess = ({ target }) => resolve(target.result);
      });
      found.push(JSON.stringify(values));
    }
    database.close();
  }
  return found.join('\\n');
})()`;

/** Replaces \`fetch\`, as an injected script does. \`stolen\` then has the headers and bodies of all requests. */
export const WATCH_REQUESTS = `
globalThis.stolen = [];
const { fetch: send } = globalThis;
globalThis.fetch = (input, init = {}) => {
  stolen.push(JSON.stringify([...new Headers(init.headers)]), String(init.body));
  return send(input, init);
};`;
