// The code of docs/guides/token-storage.md in a real browser, through a proxy that strips cookies as Hosting does.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type HostingProxy, openHostingProxy } from '../../functions/test/helpers/hosting-proxy.ts';
import { DEMO_PASSWORD } from '../seed.ts';
import { loadCookiesRoute } from './storage-bundles.ts';
import { useStoragePages } from './storage-pages.ts';

const { CHROME_PATH, GATEHOUSE_HOSTING_URL = '' } = process.env;
const AUTH_HOST = process.env.FIREBASE_AUTH_EMULATOR_HOST ?? '';
const SIGNED_IN = [200, 'demo-member'];

/** Refreshes the ID token, as the SDK does with cookie persistence. */
const REFRESH = `fetch('/__cookies__?finalTarget=' + encodeURIComponent('http://${AUTH_HOST}/securetoken.googleapis.com/v1/token?key=any'), {
  method: 'POST', body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: 'hidden' }),
}).then((response) => response.json())`;

(CHROME_PATH ? describe : describe.skip)('the guide to token storage', function () {
  this.timeout(60_000);
  const { origin, openProfile, servePage } = useStoragePages();

  /** The user of an ID token, on another machine. */
  async function useElsewhere(idToken: string): Promise<[number, string?]> {
    const headers = { Authorization: `Bearer ${idToken}` };
    const response = await fetch(`${origin()}/api/v1/me`, { headers });
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
      await page.signIn();
      assert.deepEqual(await page.me(), SIGNED_IN);
      assert.doesNotMatch(await page.readAll(), /eyJ|refreshToken/);
      assert.equal((await (await open()).me())[0], 401);
      await page.reload();
      assert.equal((await page.me())[0], 401);
    });

    it('does not keep the tokens from a script that replaces fetch', async () => {
      const page = await (await openProfile('memory'))();
      await page.signIn();
      await page.watch();
      await page.me();
      const [idToken = ''] = (await page.watched()).match(/(?<=Bearer )[\w.-]+/) ?? [];
      assert.deepEqual(await useElsewhere(idToken), SIGNED_IN);
      await page.run('app.auth.currentUser.getIdToken(true)');
      const [refreshToken = ''] = (await page.watched()).match(/(?<=refresh_token=)[^"&\\]+/) ?? [];
      const refreshed = await refreshElsewhere(decodeURIComponent(refreshToken));
      assert.deepEqual(await useElsewhere(refreshed), SIGNED_IN);
    });
  });

  describe('local storage', () => {
    it('survives a reload and a new tab', async () => {
      const open = await openProfile('local-storage');
      const page = await open();
      await page.signIn();
      await page.reload();
      assert.deepEqual(await page.me(), SIGNED_IN);
      assert.deepEqual(await (await open()).me(), SIGNED_IN);
    });

    it('gives a script the refresh token, which works on another machine', async () => {
      const page = await (await openProfile('local-storage'))();
      await page.signIn();
      const found = await page.readAll();
      const [refreshToken = ''] = found.match(/(?<="refreshToken":")[^"]+/) ?? [];
      await page.page.close();
      assert.deepEqual(await useElsewhere(await refreshElsewhere(refreshToken)), SIGNED_IN);
    });
  });

  describe('cookies of the Firebase SDK', () => {
    let ownServer: HostingProxy;

    before(async () => {
      const cookiesRoute = await loadCookiesRoute();
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
    const openOnOwnServer = async () => (await openProfile('cookie-persistence', ownServer.origin))();

    it('survive a reload, until the ID token has to be refreshed', async () => {
      const page = await openOnOwnServer();
      await page.signIn();
      assert.deepEqual(await page.me(), SIGNED_IN);
      await page.reload();
      assert.deepEqual(await page.me(), SIGNED_IN);
      const refreshing = page.run('app.auth.currentUser.getIdToken(true)');
      await assert.rejects(refreshing, /auth\/user-token-expired/);
    });

    it('give a script the ID token, and keep the refresh token from it', async () => {
      const page = await openOnOwnServer();
      await page.watch();
      await page.signIn();
      const found = await page.readAll();
      const [idToken = ''] = found.match(/eyJ[\w.-]+/) ?? [];
      assert.deepEqual(await useElsewhere(idToken), SIGNED_IN);
      const { id_token, refresh_token } = await page.run<Record<string, string>>(REFRESH);
      assert.deepEqual([await useElsewhere(id_token ?? ''), refresh_token], [SIGNED_IN, 'hidden']);
      const cookies = await page.context.cookies();
      const refreshToken = cookies.find(({ name }) => name.includes('FIREBASEID'));
      assert.ok(refreshToken?.httpOnly && refreshToken.value.length > 20);
      const seen = found + (await page.watched());
      assert.ok(!seen.includes(refreshToken.value), 'a script can read the refresh token');
    });

    it('are gone after the sign-out', async () => {
      const page = await openOnOwnServer();
      await page.signIn();
      await page.run('app.signOut()');
      await page.reload();
      assert.equal((await page.me())[0], 401);
      const cookies = await page.context.cookies();
      assert.deepEqual(
        cookies.filter(({ value }) => value !== ''),
        [],
      );
    });

    it('are not set by a sign-up', async () => {
      const page = await openOnOwnServer();
      await page.run(`app.signUp('${randomUUID()}@demo.test', '${DEMO_PASSWORD}')`);
      assert.equal((await page.me())[0], 200);
      await page.reload();
      assert.equal((await page.me())[0], 401);
    });

    it('do not work behind Hosting, which has no /__cookies__ and strips them', async () => {
      const page = await (await openProfile('cookie-persistence'))();
      await assert.rejects(page.signIn());
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
});
