// The code of docs/guides/identity-platform-mfa.md in a real browser, with the SMS of the Auth emulator.
import assert from 'node:assert/strict';
import type { BrowserContext } from 'playwright-core';
import { makeUser, outcome, PASSWORD, setRoles } from '../../functions/test/helpers/emulator.ts';
import { type HostingProxy, openHostingProxy } from '../../functions/test/helpers/hosting-proxy.ts';
import { PHONE, sentCode } from '../../functions/test/helpers/phone-factor.ts';
import { bundle, filesOf } from './guide-bundles.ts';
import { keepOnThisMachine, servePage } from './social-pages.ts';
import { useBrowser } from './user-pages.ts';

const { CHROME_PATH, GATEHOUSE_HOSTING_URL = '', FIREBASE_AUTH_EMULATOR_HOST = '' } = process.env;

/** In place of `firebase/auth`: the emulator, and no reCAPTCHA of Google. */
const FIREBASE_AUTH = `
import * as firebase from 'firebase/auth';
export * from 'firebase/auth';
export function getAuth(app) {
  const auth = firebase.getAuth(app);
  firebase.connectAuthEmulator(auth, 'http://${FIREBASE_AUTH_EMULATOR_HOST}', { disableWarnings: true });
  auth.settings.appVerificationDisabledForTesting = true;
  return auth;
}`;

const PAGE = `
import { auth } from './auth.js';
import * as guide from './phone-factor.js';
const recaptcha = document.createElement('div');
recaptcha.id = 'recaptcha';
document.body.append(recaptcha);
Object.assign(window, guide, { token: () => auth.currentUser.getIdToken(), signOut: () => auth.signOut() });
document.body.dataset.ready = '';`;

(CHROME_PATH ? describe : describe.skip)('the guide to second factors of Identity Platform', function () {
  this.timeout(60_000);
  const browser = useBrowser();
  let proxy: HostingProxy;
  let context: BrowserContext;
  before(async () => {
    const files = filesOf(['docs/guides/social-sign-in/index.md', 'docs/guides/identity-platform-mfa.md']);
    const scripts = await bundle(files.set('page.js', PAGE), ['page.js'], FIREBASE_AUTH);
    proxy = await openHostingProxy(GATEHOUSE_HOSTING_URL, { serve: servePage(scripts.get('page') ?? '') });
    context = await browser().newContext();
    await keepOnThisMachine(context, ['127.0.0.1']);
  });
  after(() => context.close());
  after(() => proxy.close());

  it('enrols a phone and signs in with it, and then the role of a user can be changed', async () => {
    const [admin, user] = await Promise.all([makeUser(['admin']), makeUser(['member'])]);
    const page = await context.newPage();
    await page.exposeFunction('askForCode', sentCode);
    await page.goto(proxy.origin);
    await page.locator('body[data-ready]').waitFor({ state: 'attached' });
    const run = async (code: string) => String(await page.evaluate(code));
    const signIn = `signIn(${JSON.stringify(admin.email)}, ${JSON.stringify(PASSWORD)}, askForCode)`;

    const password = await run(`${signIn}.then(token)`);
    await run(`enrolPhone('${PHONE}', askForCode)`);
    assert.equal(outcome(await setRoles(password, user.uid, ['support'], 1)), '401 step_up_required');

    const both = await run(`signOut().then(() => ${signIn}).then(token)`);
    assert.equal(outcome(await setRoles(both, user.uid, ['support'], 1)), '200');
  });
});
