// Answers of a real authenticator that the API has to refuse. After each of them, the honest answer is accepted.
import assert from 'node:assert/strict';
import type { Page, Route } from 'playwright-core';
import { addAuthenticator, withoutAutofill } from './authenticator.ts';
import { type NewUser, useNewUsers } from './new-users.ts';
import { useUserPages } from './user-pages.ts';

const { CHROME_PATH, GATEHOUSE_HOSTING_URL = '' } = process.env;

/** Replaces members of the options that the page asks the authenticator with. */
const withOptions = (changed: object) => async (route: Route) => {
  const response = await route.fetch();
  await route.fulfill({ response, json: { ...(await response.json()), ...changed } });
};

(CHROME_PATH ? describe : describe.skip)('the answer of a passkey', function () {
  this.timeout(60_000);
  const open = useUserPages();
  const { createUser, signIn } = useNewUsers();

  /** Opens the page as a user with a passkey. */
  async function openWithPasskey() {
    const { page } = await open({}, 'localhost');
    const authenticator = await addAuthenticator(page);
    await withoutAutofill(page);
    return { page, authenticator, user: await addUser(page) };
  }

  /** Signs a new user in, who adds a passkey. */
  async function addUser(page: Page): Promise<NewUser> {
    const user = await createUser('admin');
    await signIn(page, user);
    await page.getByRole('button', { name: 'Add a passkey' }).click();
    await page.getByText('Passkey added.').waitFor();
    return user;
  }

  async function signOut(page: Page) {
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  }

  /** Uses the passkey with the button of the sign-in page. */
  async function usePasskey(page: Page) {
    const answered = page.waitForResponse('**/passkeys/sign-in/verify');
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await answered;
  }

  const isRefused = (page: Page) => page.locator('#sign-in-error', { hasText: 'invalid_factor' }).waitFor();
  const isSignedIn = (page: Page, { email }: NewUser) => page.locator('#who', { hasText: email }).waitFor();

  /** Sends an answer from another machine. */
  async function relay(response: object): Promise<[number, string]> {
    const answer = await fetch(`${GATEHOUSE_HOSTING_URL}/api/v1/passkeys/sign-in/verify`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ response }),
    });
    const { code = '' } = (await answer.json()) as { code?: string };
    return [answer.status, code];
  }

  /** Lets the authenticator answer options of the API on any page, without our code. */
  async function answerOptions(page: Page): Promise<object> {
    const options = await fetch(`${GATEHOUSE_HOSTING_URL}/api/v1/passkeys/sign-in/options`, {
      method: 'POST',
    });
    return page.evaluate<object>(
      `navigator.credentials.get({
        publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(${await options.text()}),
      }).then((credential) => credential.toJSON())`,
    );
  }

  it('is refused when its challenge was used, and when the authenticator is a copy', async () => {
    const { page, authenticator, user } = await openWithPasskey();
    const copy = await authenticator.credentials();
    await signOut(page);
    const verified = page.waitForRequest('**/passkeys/sign-in/verify');
    await usePasskey(page);
    await isSignedIn(page, user);
    const { response } = JSON.parse((await verified).postData() ?? '');
    assert.deepEqual(await relay(response), [403, 'invalid_factor']);

    await signOut(page);
    await authenticator.restore(copy); // its counter is that of the last sign-in
    await usePasskey(page);
    await isRefused(page);
  });

  it('is refused without user verification, even if a page of ours did not ask for it', async () => {
    const { page, authenticator, user } = await openWithPasskey();
    await signOut(page);
    await authenticator.setVerified(false);
    await page.route('**/passkeys/sign-in/options', withOptions({ userVerification: 'discouraged' }));
    await usePasskey(page);
    await isRefused(page);
    await page.unroute('**/passkeys/sign-in/options');
    await authenticator.setVerified(true);
    await usePasskey(page);
    await isSignedIn(page, user);
  });

  it('is refused at a step-up with the passkey of another user', async () => {
    const { page, authenticator } = await openWithPasskey();
    const [other] = await authenticator.credentials();
    const id = Buffer.from(other?.credentialId ?? '', 'base64').toString('base64url');
    await signOut(page);
    await addUser(page);
    await page.route(
      '**/me/step-up/options',
      withOptions({ allowCredentials: [{ type: 'public-key', id }] }),
    );
    const row = page.locator('[data-uid=demo-member]');
    await row.getByRole('checkbox', { name: 'support' }).check();
    await row.getByRole('button', { name: 'Save' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Use a passkey' }).click();
    await dialog.getByRole('alert').getByText('invalid_factor').waitFor();
    await page.unroute('**/me/step-up/options');
    await dialog.getByRole('button', { name: 'Use a passkey' }).click();
    await row.getByText(/^Saved as version/).waitFor();
  });

  it('is refused from a page of another origin that relays our challenge', async () => {
    const { page, user } = await openWithPasskey();
    await signOut(page);
    // Chromium lets pages of every scheme and port of localhost use its passkeys.
    await page.route('https://localhost:8443/', (route) =>
      route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>phishing</title>' }),
    );
    await page.goto('https://localhost:8443/');
    assert.deepEqual(await relay(await answerOptions(page)), [403, 'invalid_factor']);
    await page.goto(GATEHOUSE_HOSTING_URL.replace('127.0.0.1', 'localhost')); // the field of the form offers the passkey
    await isSignedIn(page, user);
  });
});
