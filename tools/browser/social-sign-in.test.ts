// The code of docs/guides/social-sign-in in a real browser, with the pages of the Auth emulator in place of the providers.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { BrowserContext, Page } from 'playwright-core';
import { codesIn, tableUnder } from '../../functions/test/helpers/docs.ts';
import { type HostingProxy, openHostingProxy } from '../../functions/test/helpers/hosting-proxy.ts';
import { bundleGuides, keepOnThisMachine, servePage } from './social-pages.ts';
import { OTHER_HOST, useBrowser } from './user-pages.ts';

const { CHROME_PATH, GATEHOUSE_HOSTING_URL = '', FIREBASE_AUTH_EMULATOR_HOST = '' } = process.env;

interface Shown {
  readonly provider?: string;
  readonly token?: string;
}

(CHROME_PATH ? describe : describe.skip)('the guides to social sign-in', function () {
  this.timeout(60_000);
  const browser = useBrowser();
  let proxy: HostingProxy;
  let context: BrowserContext;

  /** Of the page. */
  const headers = new Map<string, string>();

  const emulator = `http://${FIREBASE_AUTH_EMULATOR_HOST}`;
  const serve = async (at: string | undefined) =>
    openHostingProxy(GATEHOUSE_HOSTING_URL, { serve: servePage(await bundleGuides(at), headers) });
  before(async () => {
    proxy = await serve(emulator);
  });
  after(() => proxy.close());
  beforeEach(async () => {
    context = await browser().newContext();
    await keepOnThisMachine(context, ['127.0.0.1', OTHER_HOST]);
  });
  afterEach(() => context.close());
  afterEach(() => headers.clear());

  async function openPage(origin = proxy.origin): Promise<Page> {
    const page = await context.newPage();
    await page.goto(origin);
    await page.locator('body[data-ready]').waitFor({ state: 'attached' });
    return page;
  }
  const press = (page: Page, name: string) => page.locator(`#${name}`).click();
  async function shownBy(page: Page): Promise<Shown> {
    return JSON.parse((await page.locator('output').textContent()) ?? '');
  }
  /** As a person does on the page of a provider. */
  async function signInAt(provider: Page): Promise<string> {
    const email = `${randomUUID()}@example.com`;
    await provider.locator('.js-new-account').click();
    await provider.locator('#email-input').fill(email);
    await provider.locator('#sign-in').click();
    return email;
  }

  const PROVIDERS = {
    signInWithGoogle: 'google.com',
    signInWithApple: 'apple.com',
    signInWithFacebook: 'facebook.com',
    signInWithGitHub: 'github.com',
    signInWithMicrosoft: 'microsoft.com',
    signInWithOpenId: 'oidc.acme',
    signInWithSaml: 'saml.acme',
  };

  it('have a function for each provider', async () => {
    const page = await openPage();
    const names = await page.locator('button').allTextContents();
    assert.deepEqual(names.sort(), [...Object.keys(PROVIDERS), 'finishRedirect', 'redirectToGoogle'].sort());
  });

  for (const [name, id] of Object.entries(PROVIDERS)) {
    it(`sign in with ${id} in a pop-up, and call the API`, async () => {
      const page = await openPage();
      const [popup] = await Promise.all([page.waitForEvent('popup'), press(page, name)]);
      const email = await signInAt(popup);
      const { provider, token } = await shownBy(page);
      assert.equal(provider, id);
      const headers = { Authorization: `Bearer ${token}` };
      const response = await fetch(`${proxy.origin}/api/v1/me`, { headers });
      const me = (await response.json()) as { email?: string; roles?: string[] };
      assert.deepEqual([response.status, me.email, me.roles], [200, email, ['member']]);
    });
  }

  /** The headers that the guide prints, with the addresses of the emulator. */
  function useGuideHeaders() {
    const rows = new Map(
      tableUnder('docs/guides/social-sign-in/index.md', '## Headers of the page').map(
        ([name, value]) => [codesIn(name)[0], codesIn(value)] as const,
      ),
    );
    const [scripts, frames] = rows.get('Content-Security-Policy') ?? [];
    const [opener = ''] = rows.get('Cross-Origin-Opener-Policy') ?? [];
    const connect = `connect-src 'self' ${emulator}`;
    headers.set(
      'Content-Security-Policy',
      `default-src 'none'; ${scripts}; ${frames} ${emulator}; ${connect}`,
    );
    headers.set('Cross-Origin-Opener-Policy', opener);
  }

  it('sign in with the headers that the guide prints', async () => {
    useGuideHeaders();
    const page = await openPage();
    const [popup] = await Promise.all([page.waitForEvent('popup'), press(page, 'signInWithGoogle')]);
    await signInAt(popup);
    assert.equal((await shownBy(page)).provider, 'google.com');
  });

  it('do not work with an opener policy of same-origin, as the guide says', async () => {
    useGuideHeaders();
    headers.set('Cross-Origin-Opener-Policy', 'same-origin');
    const page = await openPage();
    const [popup] = await Promise.all([page.waitForEvent('popup'), press(page, 'signInWithGoogle')]);
    await signInAt(popup);
    await popup.getByText('No matching frame').waitFor();
  });

  /** Signs in at the provider, which leads back to the page. */
  async function redirect(page: Page): Promise<void> {
    const { origin } = new URL(page.url());
    await press(page, 'redirectToGoogle');
    await page.waitForURL(/\/emulator\/auth\/handler/);
    await signInAt(page);
    await page.waitForURL(`${origin}/`);
  }

  it('sign in by redirect where the pages of the sign-in are on the same site', async () => {
    const page = await openPage();
    await redirect(page);
    await page.locator('body[data-ready]').waitFor({ state: 'attached' });
    await press(page, 'finishRedirect');
    assert.equal((await shownBy(page)).provider, 'google.com');
  });

  it('lose the result of a redirect where they are on another site, as the guide says', async () => {
    const page = await openPage(proxy.origin.replace('127.0.0.1', OTHER_HOST));
    const failing = page.waitForEvent('pageerror');
    await redirect(page);
    // The frame of the sign-in pages cannot read what they have stored.
    assert.match((await failing).message, /'sessionStorage'.*Access is denied/);
    assert.equal(await page.locator('body[data-ready]').count(), 0);
  });

  it('use the sign-in pages at authDomain in production, the domain of the page', async () => {
    const production = await serve(undefined);
    try {
      const page = await openPage(production.origin);
      const [popup] = await Promise.all([page.waitForEvent('popup'), press(page, 'signInWithGoogle')]);
      await popup.waitForURL(/handler/);
      const { origin, pathname, searchParams } = new URL(popup.url());
      assert.deepEqual([origin, pathname], ['https://app.example.com', '/__/auth/handler']);
      assert.equal(searchParams.get('providerId'), 'google.com');
      const frames = page.frames().map((frame) => frame.url());
      assert.ok(
        frames.some((url) => url.startsWith('https://app.example.com/__/auth/iframe')),
        frames.join(),
      );
    } finally {
      await production.close();
    }
  });
});
