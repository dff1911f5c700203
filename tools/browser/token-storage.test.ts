// The code of docs/guides/token-storage.md in a real browser, through a proxy that strips cookies as Hosting does.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { BrowserContext } from 'playwright-core';
import { type HostingProxy, openHostingProxy } from '../../functions/test/helpers/hosting-proxy.ts';
import { DEMO_PASSWORD, demoEmail, seedDemoUsers } from '../seed.ts';
import {
  bundleStorages,
  loadCookiesRoute,
  openStoragePage,
  READ_EVERYTHING,
  type Storage,
  type StoragePage,
  servePages,
  WATCH_REQUESTS,
} from './storage-pages.ts';
import { useBrowser } from './user-pages.ts';

const { CHROME_PATH, GATEHOUSE_HOSTING_URL = '', GCLOUD_PROJECT = '' } = process.env;
const AUTH_HOST = process.env.FIREBASE_AUTH_EMULATOR_HOST ?? '';

const SIGN_IN = `app.signIn('${demoEmail('member')}', '${DEMO_PASSWORD}')`;
const GET_ME = `app.api('/me').then(async (response) => [response.status, (await response.json()).uid])`;
const SIGNED_IN = [200, 'demo-member'];

(CHROME_PATH ? describe : describe.skip)('the guide to token storage', function () {
  this.timeout(60_000);
  const browser = useBrowser();
  let scripts: Map<string, string>;
  let proxy: HostingProxy;
  let contexts: BrowserContext[];

  before(async () => {
    await seedDemoUsers(GCLOUD_PROJECT, { resetRoles: true });
    scripts = await bundleStorages(AUTH_HOST);
    proxy = await openHostingProxy(GATEHOUSE_HOSTING_URL, { serve: servePages(scripts) });
  });
  beforeEach(() => {
    contexts = [];
  });
  afterEach(() => Promise.all(contexts.map((context) => context.close())));
  after(() => proxy.close());

  /** Opens pages with this storage, all in one profile of the browser. */
  async function openProfile(storage: Storage, { origin } = proxy) {
    const context = await browser().newContext();
    contexts.push(context);
    return () => openStoragePage(context, origin, storage);
  }
  const statusOfMe = ({ run }: StoragePage) => run<[number, string?]>(GET_ME);

  /** The user of an ID token, on another machine. */
  async function useElsewhere(idToken: string): Promise<[number, string?]> {
    const headers = { Authorization: `Bearer ${idToken}` };
    const response = await fetch(`${proxy.origin}/api/v1/me`, { headers });
    const { uid } = (await response.json()) as { uid?: string };
    return [response.status, uid] as [number, string?];
  }

  async function refreshElsewhere(refreshToken: string): Promise<string> {
    const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: refreshToken });
    const url = `http://${AUTH_HOST}/securetoken.googleapis.com/v1/token?key=any`;
    const response = await fetch(url, { method: 'POST', body });
    return ((await response.json()) as { id_token: string }).id_token;
  }

  describe('memory', () => {
    it('ends with the page, and is in no storage that a script can read', async () => {
      const open = await openProfile('memory');
      const page = await open();
      await page.run(SIGN_IN);
      assert.deepEqual(await statusOfMe(page), SIGNED_IN);
      assert.doesNotMatch(await page.run<string>(READ_EVERYTHING), /eyJ|refreshToken/);
      assert.equal((await statusOfMe(await open()))[0], 401);
      await page.reload();
      assert.equal((await statusOfMe(page))[0], 401);
    });

    it('does not keep the tokens from a script that replaces fetch', async () => {
      const page = await (await openProfile('memory'))();
      await page.run(SIGN_IN);
      await page.run(WATCH_REQUESTS);
      await statusOfMe(page);
      const [idToken = ''] = (await stolenIn(page)).match(/(?<=Bearer )[\w.-]+/) ?? [];
      assert.deepEqual(await useElsewhere(idToken), SIGNED_IN);
      await page.run('app.auth.currentUser.getIdToken(true)');
      const [refreshToken = ''] = (await stolenIn(page)).match(/(?<=refresh_token=)[^"&\\]+/) ?? [];
      const refreshed = await refreshElsewhere(decodeURIComponent(refreshToken));
      assert.deepEqual(await useElsewhere(refreshed), SIGNED_IN);
    });
  });

  describe('local storage', () => {
    it('survives a reload and a new tab', async () => {
      const open = await openProfile('local-storage');
      const page = await open();
      await page.run(SIGN_IN);
      await page.reload();
      assert.deepEqual(await statusOfMe(page), SIGNED_IN);
      assert.deepEqual(await statusOfMe(await open()), SIGNED_IN);
    });

    it('gives a script the refresh token, which works on another machine', async () => {
      const page = await (await openProfile('local-storage'))();
      await page.run(SIGN_IN);
      const found = await page.run<string>(READ_EVERYTHING);
      const [refreshToken = ''] = found.match(/(?<="refreshToken":")[^"]+/) ?? [];
      await page.page.close();
      assert.deepEqual(await useElsewhere(await refreshElsewhere(refreshToken)), SIGNED_IN);
    });
  });

  describe('cookies of the Firebase SDK', () => {
    let ownServer: HostingProxy;

    before(async () => {
      const cookiesRoute = await loadCookiesRoute();
      const servePage = servePages(scripts);
      const answer = async (incoming: IncomingMessage, outgoing: ServerResponse) => {
        const { method = 'GET', headers, url } = incoming;
        const body = method === 'POST' ? Buffer.concat(await incoming.toArray()) : null;
        const lines = Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)]);
        const response = await cookiesRoute(
          new Request(`${ownServer.origin}${url}`, { method, headers: lines, body }),
        );
        outgoing.setHeader('Set-Cookie', response.headers.getSetCookie());
        outgoing.writeHead(response.status).end(await response.text());
      };
      ownServer = await openHostingProxy(GATEHOUSE_HOSTING_URL, {
        serve(incoming, outgoing) {
          const isRoute = incoming.url?.startsWith('/__cookies__');
          if (isRoute) void answer(incoming, outgoing);
          return isRoute || servePage(incoming, outgoing);
        },
      });
    });
    after(() => ownServer.close());
    const openOnOwnServer = async () => (await openProfile('cookie-persistence', ownServer))();

    it('survive a reload, until the ID token has to be refreshed', async () => {
      const page = await openOnOwnServer();
      await page.run(SIGN_IN);
      assert.deepEqual(await statusOfMe(page), SIGNED_IN);
      await page.run('app.auth.currentUser.getIdToken(true)');
      await page.reload();
      assert.deepEqual(await statusOfMe(page), SIGNED_IN);
      const refreshing = page.run('app.auth.currentUser.getIdToken(true)');
      await assert.rejects(refreshing, /auth\/user-token-expired/);
    });

    it('give a script the ID token, and keep the refresh token from it', async () => {
      const page = await openOnOwnServer();
      await page.run(WATCH_REQUESTS);
      await page.run(SIGN_IN);
      await page.run('app.auth.currentUser.getIdToken(true)');
      const found = await page.run<string>(READ_EVERYTHING);
      const [idToken = ''] = found.match(/eyJ[\w.-]+/) ?? [];
      assert.deepEqual(await useElsewhere(idToken), SIGNED_IN);
      const cookies = await page.page.context().cookies();
      const refreshToken = cookies.find(({ name }) => name.includes('FIREBASEID'));
      assert.ok(refreshToken?.httpOnly && refreshToken.value.length > 20);
      const seen = found + (await stolenIn(page));
      assert.ok(!seen.includes(refreshToken.value), 'a script can read the refresh token');
    });

    it('are gone after the sign-out', async () => {
      const page = await openOnOwnServer();
      await page.run(SIGN_IN);
      await page.run('app.signOut()');
      await page.reload();
      assert.equal((await statusOfMe(page))[0], 401);
      const cookies = await page.page.context().cookies();
      assert.deepEqual(
        cookies.filter(({ value }) => value !== ''),
        [],
      );
    });

    it('are not set by a sign-up', async () => {
      const page = await openOnOwnServer();
      await page.run(`app.signUp('${randomUUID()}@demo.test', '${DEMO_PASSWORD}')`);
      assert.equal((await statusOfMe(page))[0], 200);
      await page.reload();
      assert.equal((await statusOfMe(page))[0], 401);
    });

    it('do not work behind Hosting, which has no /__cookies__ and strips them', async () => {
      const page = await (await openProfile('cookie-persistence'))();
      await assert.rejects(page.run(SIGN_IN));
    });

    it('are not set by a request of another site, nor for another target than Firebase', async () => {
      const route = await loadCookiesRoute();
      const post = (finalTarget: string, fetchSite: string) => {
        const url = `${ownServer.origin}/__cookies__?finalTarget=${encodeURIComponent(finalTarget)}`;
        return route(
          new Request(url, { method: 'POST', body: '{}', headers: { 'Sec-Fetch-Site': fetchSite } }),
        );
      };
      const signIn = `http://${AUTH_HOST}/identitytoolkit.googleapis.com/v1/accounts:signInWithPassword?key=any`;
      for (const site of ['cross-site', 'same-site', 'none']) {
        assert.equal((await post(signIn, site)).status, 403, site);
      }
      for (const target of [
        '',
        'http://169.254.169.254/',
        'https://identitytoolkit.googleapis.com.evil.example/',
      ]) {
        assert.equal((await post(target, 'same-origin')).status, 400, target);
      }
      const { status, headers } = await post(signIn, 'same-origin');
      assert.deepEqual([status, headers.getSetCookie()], [400, []]); // Firebase's answer: no e-mail
    });
  });

  async function stolenIn({ run }: StoragePage): Promise<string> {
    const stolen = await run<string[]>('stolen');
    return stolen.join('\n');
  }
});
