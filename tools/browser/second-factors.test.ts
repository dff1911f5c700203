// Second factors on the page, with Chromium's virtual authenticator. At localhost: an IP address has no passkeys.
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { generate } from '../../functions/node_modules/otplib/dist/index.js';
import { encode } from '../../functions/node_modules/uqr/dist/index.mjs';
import { addAuthenticator, withoutAutofill } from './authenticator.ts';
import { useNewUsers } from './new-users.ts';
import { SCREENSHOTS, useUserPages } from './user-pages.ts';

const { CHROME_PATH } = process.env;

/** The code that an authenticator app shows in this period of 30 s, or `later` periods from now. */
const codeOf = (secret: string, later = 0) =>
  generate({ secret, epoch: Math.floor(Date.now() / 1000) + later * 30 });

/** The dark modules of the QR code that the page shows, row by row. */
function readQrCode(page: Page, size: number): Promise<boolean[][]> {
  return page.evaluate(`(async () => {
    const image = document.querySelector('#totp-qr');
    await image.decode();
    const canvas = Object.assign(document.createElement('canvas'), { width: ${size * 4}, height: ${size * 4} });
    const context = canvas.getContext('2d', { willReadFrequently: true });
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    const isDark = (row, column) => context.getImageData(column * 4 + 2, row * 4 + 2, 1, 1).data[0] < 128;
    const indexes = [...Array(${size}).keys()];
    return indexes.map((row) => indexes.map((column) => isDark(row, column)));
  })()`);
}

(CHROME_PATH ? describe : describe.skip)('second factors on the page', function () {
  this.timeout(60_000);
  const open = useUserPages();
  const { createUser, signIn } = useNewUsers();

  async function openAs(role: 'admin' | 'member') {
    const { page } = await open({ permissions: ['clipboard-read', 'clipboard-write'] }, 'localhost');
    await addAuthenticator(page);
    const user = await createUser(role);
    await signIn(page, user);
    await page.getByText('You have no second factor.').waitFor();
    return { page, user };
  }

  /** Adds an authenticator app. @returns its secret, as an app reads it from the QR code, and the recovery codes */
  async function addApp(page: Page) {
    await page.getByRole('button', { name: 'Add an authenticator app' }).click();
    const link = page.getByRole('link', { name: 'open the app on this device' });
    const uri = (await link.getAttribute('href')) ?? '';
    const { size, data } = encode(uri);
    assert.deepEqual(await readQrCode(page, size), data);
    const { protocol, host, searchParams } = new URL(uri);
    assert.deepEqual([protocol, host], ['otpauth:', 'totp']);
    const secret = searchParams.get('secret') ?? '';
    await page.screenshot({ path: `${SCREENSHOTS}/11-authenticator-app.png` });
    await page.keyboard.type(await codeOf(secret)); // the field has the focus
    await page.keyboard.press('Enter');
    await page.getByText('They are not shown again.').waitFor();
    const codes = await page.locator('#recovery-codes-list li').allTextContents();
    await page.getByRole('button', { name: 'Copy' }).click();
    await page.getByText('Copied.').waitFor();
    assert.equal(await page.evaluate('navigator.clipboard.readText()'), codes.join('\n'));
    await page.screenshot({ path: `${SCREENSHOTS}/12-recovery-codes.png` });
    await page.getByRole('button', { name: 'I have saved them' }).click();
    await page.getByText('Authenticator app added.').waitFor();
    const dialogs = await page.evaluate<string>(
      `[...document.querySelectorAll('dialog')].map(({ outerHTML }) => outerHTML).join()`,
    );
    assert.ok(![secret, ...codes].some((text) => dialogs.includes(text)));
    return { secret, codes };
  }

  /** Grants the demo member the role `support`, or revokes it. */
  async function changeRole(page: Page) {
    const row = page.locator('[data-uid=demo-member]');
    const box = row.getByRole('checkbox', { name: 'support' });
    await box.setChecked(!(await box.isChecked()));
    await row.getByRole('button', { name: 'Save' }).click();
    return row;
  }

  const saved = /^Saved as version/;

  it('adds an app, confirms a role change with it, adds a passkey and signs in with that alone', async () => {
    const { page, user } = await openAs('admin');
    const { secret, codes } = await addApp(page);
    assert.equal(new Set(codes).size, 10);

    const row = await changeRole(page);
    const dialog = page.getByRole('dialog', { name: 'Confirm with your second factor' });
    await dialog.waitFor();
    await page.keyboard.press('Escape');
    await row.getByText('step_up_required').waitFor();
    await changeRole(page);
    await dialog.waitFor();
    await page.keyboard.type('000000');
    await page.keyboard.press('Enter');
    await dialog.getByRole('alert').getByText('invalid_factor').waitFor();
    await page.screenshot({ path: `${SCREENSHOTS}/13-step-up.png` });
    await page.getByLabel('or a recovery code').fill(await codeOf(secret, 1));
    await page.keyboard.press('Enter');
    await row.getByText(saved).waitFor();

    await page.getByRole('button', { name: 'Add a passkey' }).click();
    await page.getByText('Passkey added.').waitFor();
    await page.screenshot({ path: `${SCREENSHOTS}/14-second-factors.png`, fullPage: true });

    await withoutAutofill(page);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await page.locator('#who', { hasText: user.email }).waitFor();
    assert.match((await page.locator('#id-token-claims').textContent()) ?? '', /Sign-in providercustom/);
    await (await changeRole(page)).getByText(saved).waitFor(); // not asked: the passkey is two factors
  });

  it('confirms a role change with a passkey, and signs in with it from the e-mail field', async () => {
    const { page, user } = await openAs('admin');
    await page.getByRole('button', { name: 'Add a passkey' }).click();
    await page.getByText('Passkey added.').waitFor();
    const row = await changeRole(page);
    await page.getByRole('button', { name: 'Use a passkey' }).click();
    await row.getByText(saved).waitFor();

    const verified = page.waitForResponse('**/passkeys/sign-in/verify');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await verified; // the authenticator has answered the request that waits in the field
    await page.locator('#who', { hasText: user.email }).waitFor();
  });

  it('renames and deletes factors, and accepts a recovery code once', async () => {
    const { page } = await openAs('member');
    const { codes } = await addApp(page);
    const factor = page.locator('#factors-list li');
    await factor.getByRole('button', { name: 'Rename' }).click();
    await page.getByLabel('or a recovery code').waitFor({ state: 'hidden' });
    await page.getByLabel('Name', { exact: true }).fill('Old phone');
    await page.keyboard.press('Enter');

    await page.getByLabel('or a recovery code').fill(codes[0] ?? '');
    await page.keyboard.press('Enter');
    await factor.getByRole('heading', { name: 'Old phone' }).waitFor();
    await page.getByText('Recovery codes left: 9').waitFor();

    await page.getByRole('button', { name: 'New recovery codes' }).click();
    await page.getByText('They are not shown again.').waitFor();
    const newCodes = await page.locator('#recovery-codes-list li').allTextContents();
    assert.equal(new Set([...codes, ...newCodes]).size, 20);
    await page.getByRole('button', { name: 'I have saved them' }).click();
    await page.getByText('Recovery codes left: 10').waitFor();

    await page.getByRole('button', { name: 'Delete Old phone' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByText('You have no second factor.').waitFor();
  });

  it('asks at once where every request needs a second factor, and again only on request', async () => {
    const { page } = await open();
    let isProved = false;
    const stepUp = { assurance: 'aal2', factors: ['totp', 'recovery-code'] };
    const problem = { code: 'step_up_required', detail: 'Prove a second factor.', stepUp };
    const contentType = 'application/problem+json';
    await page.route('**/api/v1/me', (route) =>
      isProved ? route.continue() : route.fulfill({ status: 401, contentType, json: problem }),
    );
    await page.route('**/api/v1/me/step-up', (route) => {
      isProved = true;
      return route.fulfill({ json: {} });
    });
    await page.getByRole('button', { name: /^owner / }).click();
    const dialog = page.getByRole('dialog', { name: 'Confirm with your second factor' });
    await dialog.waitFor();
    await page.keyboard.press('Escape');
    await page.getByText('Prove a second factor. (step_up_required)').waitFor();
    await page.waitForTimeout(3_500); // longer than between two polls
    assert.equal(await dialog.isVisible(), false);
    await page.getByRole('button', { name: 'Try again' }).click();
    await dialog.waitFor();
    await page.keyboard.type('123456');
    await page.keyboard.press('Enter');
    await page.locator('#users [data-uid=demo-member]').waitFor();
  });

  it('has no passkeys at an IP address, and says where', async () => {
    const { page, signInAs } = await open();
    await signInAs('member');
    assert.equal(await page.getByRole('button', { name: 'Add a passkey' }).isDisabled(), true);
    await page.getByText('open the page at localhost').waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    assert.equal(await page.getByRole('button', { name: 'Sign in with a passkey' }).isVisible(), false);
  });
});
