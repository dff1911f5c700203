// The code of docs/guides/mfa.md and docs/guides/passkeys.md in a real browser, through a proxy as Hosting is.
import assert from 'node:assert/strict';
import type { BrowserContext } from 'playwright-core';
import { type HostingProxy, openHostingProxy } from '../../functions/test/helpers/hosting-proxy.ts';
import {
  addAuthenticator,
  type FactorPage,
  openFactorPage,
  PASSWORD,
  serveFactorPages,
  totpCode,
} from './factor-page.ts';
import { useBrowser } from './user-pages.ts';

const { CHROME_PATH, GATEHOUSE_HOSTING_URL = '', FIREBASE_AUTH_EMULATOR_HOST = '' } = process.env;

const ASSURANCE = `app.gatehouse.request('GET', '/me').then(({ assurance }) => [assurance.level, ...assurance.methods])`;
const DELETE_FIRST = `app.gatehouse.factors.list()
  .then(({ factors: [{ id }] }) => app.gatehouse.factors.delete(id)).then(() => 'deleted', ({ code }) => code)`;

(CHROME_PATH ? describe : describe.skip)('the guides to second factors and passkeys', function () {
  this.timeout(60_000);
  const browser = useBrowser();
  let proxy: HostingProxy;
  let context: BrowserContext;

  before(async () => {
    const serve = await serveFactorPages(FIREBASE_AUTH_EMULATOR_HOST);
    proxy = await openHostingProxy(GATEHOUSE_HOSTING_URL, { serve });
  });
  after(() => proxy.close());
  beforeEach(async () => {
    context = await browser().newContext();
    context.setDefaultTimeout(20_000);
  });
  afterEach(() => context.close());

  /** A page of a new user. Passkeys need a domain name. */
  async function open(path = '/'): Promise<FactorPage> {
    return openFactorPage(context, `http://localhost:${proxy.port}${path}`);
  }
  async function signUp(): Promise<FactorPage> {
    const opened = await open();
    await opened.run(`app.signUp('${opened.email}', '${PASSWORD}').then(() => {})`);
    return opened;
  }

  it('add an authenticator app, and ask for its code at the sign-in', async () => {
    const { run, email, page, answer, addAuthenticatorApp } = await signUp();
    const { secret, recoveryCodes } = await addAuthenticatorApp();
    assert.equal(recoveryCodes.length, 10);
    await run('app.signOut()');
    const signingIn = run(`app.signIn('${email}', '${PASSWORD}').then(() => {})`);
    await answer('code', '000000');
    await page.locator('#step-up [role=alert]', { hasText: /\S/ }).waitFor();
    await answer('code', totpCode(secret));
    await signingIn;
    assert.equal(await run(DELETE_FIRST), 'deleted'); // without a further question
  });

  it('ask when a request needs a factor, also for a recovery code', async () => {
    const { run, email, page, answer, addAuthenticatorApp } = await signUp();
    const { recoveryCodes } = await addAuthenticatorApp();
    await run(`app.signInAtFirebase('${email}', '${PASSWORD}').then(() => {})`);
    const given = run<string>(DELETE_FIRST);
    await page.locator('#step-up').waitFor();
    await page.keyboard.press('Escape');
    assert.equal(await given, 'step_up_required');
    const deleted = run<string>(DELETE_FIRST);
    await answer('code', recoveryCodes[0]);
    assert.equal(await deleted, 'deleted');
  });

  it('add a passkey, sign in by autofill and by the button, and step up with it', async () => {
    const { run, email, page, answer, addPasskey } = await signUp();
    await addAuthenticator(page);
    await addPasskey();
    await run('app.signOut()');
    await page.reload();
    await page.locator('#sign-in').waitFor({ state: 'hidden' });
    assert.deepEqual(await run(ASSURANCE), ['aal2', 'passkey']);
    await run(`app.signInAtFirebase('${email}', '${PASSWORD}').then(() => {})`);
    assert.equal((await run<string[]>(ASSURANCE))[0], 'aal1');
    const deleted = run<string>(DELETE_FIRST);
    await answer('passkey');
    assert.equal(await deleted, 'deleted');
  });

  it('sign in with a passkey to a session, which changes factors', async () => {
    const { run, page, addPasskey } = await signUp();
    await addAuthenticator(page);
    await addPasskey();
    await page.goto(`http://localhost:${proxy.port}/cookie`);
    await page.locator('#sign-in').waitFor({ state: 'hidden' });
    const [cookie] = await context.cookies();
    assert.deepEqual([cookie?.name, cookie?.httpOnly], ['__session', true]);
    assert.deepEqual(await run(ASSURANCE), ['aal2', 'passkey']);
    assert.equal(await run(DELETE_FIRST), 'deleted');
    await run('app.gatehouse.session.end()');
    assert.equal(await run('app.gatehouse.session.current()'), null);
  });

  it('replace the challenge of a form that stays open', async () => {
    const page = await context.newPage();
    await page.clock.install();
    const options = () => page.waitForRequest('**/passkeys/sign-in/options');
    const first = options();
    await page.goto(`http://localhost:${proxy.port}/`);
    await (await first).response();
    for (let times = 0; times < 2; times++) {
      await page.waitForTimeout(200);
      const next = options();
      await page.clock.fastForward('04:31');
      await (await next).response();
    }
    assert.equal(await page.locator('#sign-in [role=alert]').textContent(), '');
  });
});
