import type { IncomingMessage, ServerResponse } from 'node:http';
import type { BrowserContext, Page } from 'playwright-core';
import { type HostingProxy, openHostingProxy } from '../../functions/test/helpers/hosting-proxy.ts';
import { DEMO_PASSWORD, demoEmail, seedDemoUsers } from '../seed.ts';
import { bundleStorages, emulatedAuth, type Storage } from './storage-bundles.ts';
import { useBrowser } from './user-pages.ts';

/** Pages that run the code of docs/guides/token-storage.md at the address of the API, behind a proxy as Hosting is. */

export interface StoragePage {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Runs JavaScript in the page. `app` has the functions of its storage. */
  run<T>(code: string): Promise<T>;
  reload(): Promise<void>;
  signIn(role?: string): Promise<void>;
  /** Calls `GET /me`. @returns the status, and the user id or the code of the error */
  me(): Promise<[status: number, uidOrCode: string]>;
  /** Replaces `fetch`, as an injected script does. */
  watch(): Promise<void>;
  /** The headers and bodies of the requests since `watch`. */
  watched(): Promise<string>;
  /** All storage that an injected script can read. */
  readAll(): Promise<string>;
}

/** For a suite: resets the demo users, and opens pages in browser profiles that end with each test. */
export function useStoragePages() {
  const { GATEHOUSE_HOSTING_URL = '', GCLOUD_PROJECT = '', FIREBASE_AUTH_EMULATOR_HOST = '' } = process.env;
  const browser = useBrowser();
  let servePage: ReturnType<typeof servePages>;
  let proxy: HostingProxy;
  let contexts: BrowserContext[] = [];

  before(async () => {
    servePage = servePages(await bundleStorages(emulatedAuth(FIREBASE_AUTH_EMULATOR_HOST)));
    proxy = await openHostingProxy(GATEHOUSE_HOSTING_URL, { serve: servePage });
  });
  beforeEach(() => seedDemoUsers(GCLOUD_PROJECT, { resetRoles: true }));
  afterEach(async () => {
    const closing = contexts;
    contexts = [];
    await Promise.all(closing.map((context) => context.close()));
  });
  after(() => proxy.close());

  return {
    /** `http://127.0.0.1:<port>` of pages and API. */
    origin: () => proxy.origin,
    servePage: (incoming: IncomingMessage, outgoing: ServerResponse) => servePage(incoming, outgoing),
    /** A new profile of the browser. @returns opens a page in it */
    async openProfile(storage: Storage, origin = proxy.origin): Promise<() => Promise<StoragePage>> {
      const context = await browser().newContext();
      contexts.push(context);
      return () => openPage(context, `${origin}/storage/${storage}`);
    },
  };
}

/** Serves a page for each of these scripts, at `/storage/<name>`. */
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

/** Opens a page of `servePages`. */
export async function openPage(context: BrowserContext, url: string): Promise<StoragePage> {
  const page = await context.newPage();
  const isReady = () => page.waitForFunction('globalThis.app !== undefined');
  await page.goto(url);
  await isReady();
  const run = <T>(code: string) => page.evaluate<T>(code);
  return {
    ...{ page, context, run },
    async reload() {
      await page.reload();
      await isReady();
    },
    signIn: (role = 'member') => run(`app.signIn('${demoEmail(role)}', '${DEMO_PASSWORD}').then(() => {})`),
    me: () => run(GET_ME),
    watch: () => run(WATCH_REQUESTS),
    watched: async () => (await run<string[]>('watched')).join('\n'),
    readAll: () => run(READ_EVERYTHING),
  };
}

const GET_ME = `app.api('/me').then(async (response) => {
  const { uid, code } = await response.json();
  return [response.status, uid ?? code];
})`;

const READ_EVERYTHING = `(async () => {
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

const WATCH_REQUESTS = `
globalThis.watched = [];
const { fetch: send } = globalThis;
globalThis.fetch = (input, init = {}) => {
  watched.push(JSON.stringify([...new Headers(init.headers)]), String(init.body));
  return send(input, init);
};`;
