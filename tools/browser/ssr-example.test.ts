// examples/ssr in a real browser: the page of the server, its scripts, and the API on another port or host.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import type { BrowserContext } from 'playwright-core';
import { deleteApp, initializeApp } from '../../functions/node_modules/firebase-admin/lib/app/index.js';
import { createInstance } from '../../functions/src/app.ts';
import { loadConfig } from '../../functions/src/config.ts';
import { createApp } from '../../functions/src/http/app.ts';
import { createPlatform } from '../../functions/src/platform/platform.ts';
import { type HostingProxy, openHostingProxy } from '../../functions/test/helpers/hosting-proxy.ts';
import { silentLog } from '../../functions/test/helpers/log.ts';
import { installSsrExample, type SsrExample } from '../../functions/test/helpers/ssr-example.ts';
import { findFreePort } from '../lib/ports.ts';
import { FUNCTIONS } from '../lib/run.ts';
import { DEMO_PASSWORD, demoEmail, seedDemoUsers } from '../seed.ts';
import { useBrowser } from './user-pages.ts';

const { CHROME_PATH, GATEHOUSE_HOSTING_URL = '', GCLOUD_PROJECT = '' } = process.env;
const { FIREBASE_AUTH_EMULATOR_HOST = '', FIRESTORE_EMULATOR_HOST = '' } = process.env;

(CHROME_PATH ? describe : describe.skip)('the example of server rendering, in a browser', function () {
  this.timeout(60_000);
  const browser = useBrowser();
  let example: SsrExample;
  let context: BrowserContext;
  before(async () => {
    await seedDemoUsers(GCLOUD_PROJECT, { resetRoles: true });
    example = installSsrExample();
  });
  after(() => example.close());
  beforeEach(async () => {
    context = await browser().newContext();
    context.setDefaultTimeout(20_000);
    // The Firebase SDK as Google serves it.
    await context.route('https://www.gstatic.com/firebasejs/**', (route) =>
      route.fulfill({
        path: join(FUNCTIONS, 'node_modules/firebase', basename(route.request().url())),
        headers: { 'Access-Control-Allow-Origin': '*', 'Content-Type': 'text/javascript' },
      }),
    );
  });
  afterEach(() => context.close());

  const startServer = (api: string, port?: number) =>
    example.start({
      ...{ FUNCTIONS_EMULATOR: 'true', GCLOUD_PROJECT, FIREBASE_AUTH_EMULATOR_HOST, FIRESTORE_EMULATOR_HOST },
      ...{ DATABASE_ID: '(default)', API_URL: `${api}/api/v1`, FIREBASE_API_KEY: 'emulator' },
      ...(port !== undefined && { PORT: String(port) }),
    });

  async function openPage(url: string) {
    const page = await context.newPage();
    const problems: string[] = [];
    page.on('pageerror', ({ message }) => problems.push(message));
    page.on('console', (message) => {
      // The sign-in page has status 401.
      if (message.type() === 'error' && !message.text().includes('status of 401'))
        problems.push(message.text());
    });
    await page.goto(url);
    const shows = (title: string) => page.getByRole('heading', { name: title, exact: true }).waitFor();
    return {
      ...{ page, problems, shows },
      async signIn() {
        await page.getByLabel('E-mail').fill(demoEmail('member'));
        await page.getByLabel('Password').fill(DEMO_PASSWORD);
        await page.getByRole('button', { name: 'Sign in' }).click();
      },
    };
  }
  const HELLO = `Hello ${demoEmail('member')}`;

  describe('behind a proxy that strips cookies as Hosting does', () => {
    let proxy: HostingProxy;
    before(async () => {
      proxy = await openHostingProxy(GATEHOUSE_HOSTING_URL);
    });
    after(() => proxy.close());

    it('signs in, knows the user after a reload and in a new tab, and signs out', async () => {
      const { url } = await startServer(proxy.origin);
      const { page, problems, shows, signIn } = await openPage(url);
      await shows('Sign in');
      await signIn();
      await shows(HELLO);
      await page.reload();
      await shows(HELLO);
      assert.equal(await page.evaluate('document.cookie'), '');
      await (await openPage(url)).shows(HELLO);

      await page.getByRole('button', { name: 'Sign out' }).click();
      await shows('Sign in');
      assert.deepEqual(await context.cookies(), []);
      assert.deepEqual(problems, []);
    });
  });

  describe('with the API on another host', () => {
    let api: Server;
    let apiPort: number;
    let pagePort: number;
    let app: ReturnType<typeof initializeApp>;
    const pageAt = (host: string) => `http://${host}:${pagePort}/`;

    /** An API in this process, as SESSION_COOKIE_DOMAIN is a parameter of the functions. */
    async function serveApi(SESSION_COOKIE_DOMAIN: string) {
      pagePort = await findFreePort();
      const ALLOWED_ORIGINS = `http://app.shop.localhost:${pagePort}`;
      const env = { ...process.env, FUNCTIONS_EMULATOR: 'true', SESSION_COOKIE_DOMAIN, ALLOWED_ORIGINS };
      app = initializeApp({ projectId: GCLOUD_PROJECT }, SESSION_COOKIE_DOMAIN || 'none');
      const instance = createInstance(createPlatform(loadConfig(env), { app, log: silentLog }));
      api = createServer(createApp(instance)).listen();
      await once(api, 'listening');
      apiPort = (api.address() as AddressInfo).port; // a TCP server's address is an object
      await startServer(`http://auth.shop.localhost:${apiPort}`, pagePort);
    }
    afterEach(async () => {
      api.close();
      api.closeAllConnections();
      await deleteApp(app);
    });

    it('is sent to every host of SESSION_COOKIE_DOMAIN, and to no other', async () => {
      await serveApi('shop.localhost');
      const { problems, shows, signIn } = await openPage(pageAt('app.shop.localhost'));
      await signIn();
      await shows(HELLO);
      for (const host of ['shop.localhost', 'blog.shop.localhost']) {
        await (await openPage(pageAt(host))).shows(HELLO);
      }
      for (const host of ['localhost', 'eshop.localhost', '127.0.0.1']) {
        await (await openPage(pageAt(host))).shows('Sign in');
      }
      const cookies = await context.cookies();
      assert.deepEqual(
        cookies.map(({ domain, httpOnly, sameSite }) => [domain, httpOnly, sameSite]),
        [['.shop.localhost', true, 'Lax']],
      );
      assert.deepEqual(problems, []);
    });

    it('is sent to the host of the API alone without SESSION_COOKIE_DOMAIN', async () => {
      await serveApi('');
      const { page, shows, signIn } = await openPage(pageAt('app.shop.localhost'));
      await Promise.all([page.waitForEvent('load'), signIn()]);
      await shows('Sign in');
      assert.deepEqual(
        (await context.cookies()).map(({ domain }) => domain),
        ['auth.shop.localhost'],
      );
    });
  });
});
