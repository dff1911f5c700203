// The command and the page, as the first owner uses them.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { ROOT } from '../lib/emulator-setup.ts';
import { setOwners } from './directory-changes.ts';
import { SCREENSHOTS, useUserPages } from './user-pages.ts';

const { CHROME_PATH, GATEHOUSE_HOSTING_URL = '', GCLOUD_PROJECT = '' } = process.env;

const claimOwner = async (...args: string[]) => {
  const command = ['functions/cli/main.ts', 'claim-owner', '--project', GCLOUD_PROJECT, ...args];
  const { stdout } = await promisify(execFile)(process.execPath, command, { cwd: ROOT });
  return stdout;
};

(CHROME_PATH ? describe : describe.skip)('becoming the first owner on the page', function () {
  this.timeout(60_000);
  const open = useUserPages();
  beforeEach(() => setOwners(GCLOUD_PROJECT, []));
  // As the demo users are: otherwise the next test could not take the role away again.
  afterEach(() => setOwners(GCLOUD_PROJECT, ['demo-owner', 'demo-member']));

  it('takes the code from the link, out of the address, and shows what owners see', async () => {
    const link = /^Open (\S+)$/m.exec(await claimOwner('--page', GATEHOUSE_HOSTING_URL))?.[1] ?? '';
    assert.match(link, /#claim-owner=[\w-]{32}$/);
    const { page, signInAs, problems } = await open();
    await page.goto('about:blank');
    await page.goto(link);
    await page.getByRole('button', { name: /^member / }).waitFor();
    assert.equal(page.url(), `${GATEHOUSE_HOSTING_URL}/`);
    await page.getByText('Sign in first, then become the first owner').waitFor();
    await signInAs('member');
    const code = page.locator('#claim-owner-code');
    assert.equal(await code.inputValue(), link.split('=')[1]);
    await page.screenshot({ path: `${SCREENSHOTS}/10-claim-owner.png`, fullPage: true });
    await page.getByRole('button', { name: 'Become the owner' }).click();
    await page.getByText('You are the owner of this project.').waitFor();
    await page.locator('#id-token-roles', { hasText: 'owner' }).waitFor();
    await page.locator('#users [data-uid=demo-owner]').waitFor();
    await page.locator('#audit-log li', { hasText: 'owner.claim' }).first().waitFor();
    assert.deepEqual([await code.isVisible(), await code.inputValue()], [false, '']);
    assert.deepEqual(problems, []);
  });

  it('explains a wrong code, and forgets the code at sign-out', async () => {
    const { page, signInAs } = await open();
    await page.getByRole('link', { name: 'Become the first owner' }).click();
    await signInAs('member');
    await page.locator('#claim-owner-code').fill('not-the-code');
    await page.keyboard.press('Enter');
    await page.getByText('The code is wrong, was used, or is older than an hour.').waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    const { hidden, value } = await page.evaluate<{ hidden: boolean; value: string }>(
      `({ hidden: document.getElementById('claim-owner').hidden, value: document.getElementById('claim-owner-code').value })`,
    );
    assert.deepEqual([hidden, value], [true, '']);
  });

  it('has no code to give while there is an owner', async () => {
    await setOwners(GCLOUD_PROJECT, ['demo-owner']);
    await assert.rejects(claimOwner(), ({ code, stdout, stderr }) => {
      assert.deepEqual([code, stdout], [1, '']);
      assert.match(stderr, /^There is an owner already/);
      return true;
    });
  });
});
