// A page in cookie mode as in production: HTTPS, signed ID tokens and a moved clock, behind a proxy that strips cookies.
import assert from 'node:assert/strict';
import type { Browser } from 'playwright-core';
import { type Api, claimsOf, ORIGIN, openApi, type Person } from '../../functions/test/helpers/api.ts';
import { mintIdToken } from '../../functions/test/helpers/google.ts';
import { type HostingProxy, openHostingProxy } from '../../functions/test/helpers/hosting-proxy.ts';
import { createSelfSigned } from '../../functions/test/helpers/self-signed.ts';
import { createMovableClock, type MovableClock } from '../../functions/test/helpers/test-directory.ts';
import { bundleStorages } from './storage-bundles.ts';
import { openPage, type StoragePage, servePages } from './storage-pages.ts';
import { launchBrowser } from './user-pages.ts';

const { CHROME_PATH, FIREBASE_AUTH_EMULATOR_HOST: authEmulator } = process.env;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** In place of `firebase/auth`: the test mints the ID token, with a signature. */
const SIGNED_TOKEN = `
export const inMemoryPersistence = {};
export const initializeAuth = () => ({ signOut: async () => {} });
export const signInWithEmailAndPassword = async () => ({ user: { getIdToken: async () => globalThis.idToken } });
export const signInWithCustomToken = async () => { throw new Error('no Firebase here'); };`;

(CHROME_PATH ? describe : describe.skip)('a page in cookie mode, in production', function () {
  this.timeout(60_000);
  let clock: MovableClock;
  let api: Api;
  let proxy: HostingProxy;
  let browser: Browser;
  let servePage: ReturnType<typeof servePages>;

  before(async () => {
    // The Admin SDK would look users up in the emulator of the other tests.
    delete process.env.FIREBASE_AUTH_EMULATOR_HOST;
    servePage = servePages(await bundleStorages(SIGNED_TOKEN, ['session']));
  });
  after(() => Object.assign(process.env, { FIREBASE_AUTH_EMULATOR_HOST: authEmulator }));
  beforeEach(async () => {
    clock = createMovableClock();
    api = await openApi({ clock });
    proxy = await openHostingProxy(`http://127.0.0.1:${api.port}`, {
      tls: createSelfSigned(),
      serve(incoming, outgoing) {
        const isConfig = incoming.url === '/__/firebase/init.json';
        if (isConfig) outgoing.end('{"apiKey":"any","projectId":"any"}');
        return isConfig || servePage(incoming, outgoing);
      },
    });
    browser = await launchBrowser(`${new URL(ORIGIN).hostname}:443`, `127.0.0.1:${proxy.port}`);
  });
  afterEach(async () => {
    await browser.close();
    await proxy.close();
    await api.close();
  });

  async function signIn(who: Person): Promise<StoragePage> {
    const context = await browser.newContext({ ignoreHTTPSErrors: true });
    const page = await openPage(context, `${ORIGIN}/storage/session`);
    await signInAgain(page, who);
    return page;
  }

  async function signInAgain({ run }: StoragePage, who: Person): Promise<void> {
    const idToken = await mintIdToken(claimsOf(who));
    await run(`globalThis.idToken = '${idToken}'; app.signIn().then(() => {})`);
  }

  /** Uses the page at intervals, with reloads, until this long after the sign-in. @param after when it was used last */
  async function useUntil(
    page: StoragePage,
    end: number,
    { after, every }: { after: number; every: number },
  ) {
    let last = after;
    while (last + every < end) {
      last += every;
      clock.move(every);
      await page.reload();
      assert.ok(await page.run('app.currentSession()'), `signed out after ${last / HOUR} hours`);
    }
    clock.move(end - last);
  }

  it('gets a Secure cookie for its own host only, and signs out', async () => {
    const page = await signIn('member');
    const [cookie, ...others] = await page.context.cookies();
    const { name, domain, secure, httpOnly, sameSite } = cookie ?? {};
    assert.deepEqual(
      { name, domain, secure, httpOnly, sameSite, others },
      {
        ...{ name: '__session', domain: new URL(ORIGIN).hostname },
        ...{ secure: true, httpOnly: true, sameSite: 'Lax', others: [] },
      },
    );
    await page.run('app.signOut()');
    assert.deepEqual(await page.context.cookies(), []);
    assert.deepEqual(await page.me(), [401, 'unauthenticated']);
  });

  it('refuses a cookie of another host of the domain; signing in or out removes it', async () => {
    const [page, attacker] = [await signIn('member'), await signIn('support')];
    const [own] = await attacker.context.cookies();
    const planted = { name: '__session', value: own?.value ?? '', domain: '.example.com', path: '/' };
    await page.context.addCookies([planted]);
    assert.deepEqual(await page.me(), [400, 'invalid_request']);
    await signInAgain(page, 'member');
    assert.deepEqual(await page.me(), [200, 'member']);
    assert.equal((await page.context.cookies()).length, 1);
    await page.context.addCookies([planted]);
    await page.run('app.signOut()');
    assert.deepEqual(await page.context.cookies(), []);
  });

  it('survives reloads and 13 hours of activity, and ends after 14 days', async () => {
    const page = await signIn('member');
    await useUntil(page, 13 * HOUR, { after: 0, every: HOUR });
    assert.deepEqual(await page.me(), [200, 'member']);
    await useUntil(page, 14 * 24 * HOUR, { after: 13 * HOUR, every: 11 * HOUR });
    assert.deepEqual(await page.me(), [401, 'invalid_token']);
    assert.equal(await page.run('app.currentSession()'), null);
  });

  it('of a user with privileged permissions ends after 12 hours', async () => {
    const page = await signIn('owner');
    await useUntil(page, 12 * HOUR, { after: 0, every: 50 * MINUTE });
    assert.deepEqual(await page.me(), [401, 'invalid_token']);
  });

  it('of a user with privileged permissions ends after an hour without a request', async () => {
    const page = await signIn('owner');
    clock.move(HOUR);
    assert.equal(await page.run('app.currentSession()'), null);
  });
});
