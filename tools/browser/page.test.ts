// The page in a real browser, against the emulators; a screenshot of each scene goes to .gatehouse/screenshots.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { ROOT } from '../lib/emulator-setup.ts';
import { DEMO_PASSWORD, demoEmail } from '../seed.ts';
import type { Guest } from './guest.ts';
import { SCREENSHOTS, useGuests } from './guests.ts';
import { changeAsOperator } from './operator.ts';

const { CHROME_PATH, GATEHOUSE_HOSTING_URL = '', GCLOUD_PROJECT = '' } = process.env;

(CHROME_PATH ? describe : describe.skip)('the page', function () {
  this.timeout(60_000);
  const visit = useGuests();

  it('shows a member their wristband, what the API makes of it, and why a gate stays closed', async () => {
    const { page, signInAs, tryGate } = await visit();
    await page.getByRole('button', { name: /^owner / }).waitFor();
    await page.screenshot({ path: `${SCREENSHOTS}/1-entrance.png`, fullPage: true });
    await signInAs('member');

    await page.locator('#band[data-role=member]').waitFor();
    assert.equal(await page.locator('#band-email').textContent(), 'member@demo.test');
    assert.deepEqual(await page.locator('#band-roles li').allTextContents(), ['member']);
    assert.match((await page.locator('#band-countdown').textContent()) ?? '', /^(60:00|59:\d\d)$/);
    assert.match((await page.locator('#band-raw').textContent()) ?? '', /"sub": "demo-member"/);

    await page.locator('#me-status.good').waitFor();
    const me = JSON.parse((await page.locator('#me-raw').textContent()) ?? '');
    assert.deepEqual([me.uid, me.permissions], ['demo-member', ['notes:read', 'notes:write']]);
    assert.equal(await page.locator('#people').isVisible(), false);
    assert.equal(await page.locator('#record').isVisible(), false);

    const refusal = await tryGate('GET /users');
    assert.match(refusal, /403.*permission_denied/);
    assert.match(refusal, /insufficient_scope.*users:read/);
    assert.match(await tryGate('PUT /users/{me}/roles'), /403.*permission_denied.*roles:assign/);
    assert.match(await tryGate('GET /health'), /200/);
    assert.match(await tryGate('GET /me'), /401.*unauthenticated/);
    await page.screenshot({ path: `${SCREENSHOTS}/2-member-refused.png`, fullPage: true });
  });

  it('lets an owner promote a member, whose own page then shows it and opens the gate', async () => {
    const [owner, member] = await Promise.all([visit(), visit()]);
    await Promise.all([owner.signInAs('owner'), member.signInAs('member')]);
    assert.match(await member.tryGate('GET /users'), /403/);

    const row = owner.page.locator('[data-uid=demo-member]');
    await row.getByRole('checkbox', { name: 'support' }).check();
    await row.getByRole('checkbox', { name: 'member' }).uncheck();
    await owner.page.screenshot({ path: `${SCREENSHOTS}/3-owner-changes-roles.png`, fullPage: true });
    await row.getByRole('button', { name: 'Save' }).click();
    const saved = (await row.getByText(/^Saved, now version \d+\.$/).textContent()) ?? '';
    const version = saved.replace(/\D/g, '');

    // Nothing is pressed here: the next poll finds the token stale, and the page fetches a new one.
    await member.page.locator('#band[data-role=support]').waitFor();
    await member.page.getByText('Your wristband was replaced').waitFor();
    assert.equal(await member.page.locator('#band-version').textContent(), version);
    assert.match(await member.tryGate('GET /users'), /200.*demo-owner/);
    await member.page.locator('#people [data-uid=demo-owner]').waitFor();
    assert.equal(await member.page.getByRole('checkbox').count(), 0); // may look, may not assign
    await member.page.screenshot({ path: `${SCREENSHOTS}/4-member-promoted.png`, fullPage: true });

    const newest = owner.page.locator('#record li').first();
    await newest.getByText('roles.set').waitFor();
    const line = (await newest.textContent()) ?? '';
    assert.match(line, /demo-owner roles\.set demo-member: member → support · changed on the Gatehouse page/);
  });

  it('shows the record to those who may read it, with what was refused', async () => {
    const [auditor, admin] = await Promise.all([visit(), visit()]);
    await Promise.all([auditor.signInAs('auditor'), admin.signInAs('admin')]);
    assert.match(await admin.tryGate('PUT /users/{me}/roles'), /403.*own_account/);
    await auditor.page.locator('#record').getByRole('button', { name: 'Reload' }).click();
    const refusal = auditor.page.locator('#record li[data-outcome=refused]').first();
    await refusal.getByText('demo-admin was refused roles.set demo-admin').waitFor();
    assert.equal(await auditor.page.getByRole('checkbox').count(), 0); // may look, may not assign
    await auditor.page.screenshot({ path: `${SCREENSHOTS}/8-auditor-reads-the-record.png`, fullPage: true });
  });

  it('says until when a role counts, and keeps its end and its reason when another one is given', async () => {
    const expiresAt = Date.parse('2999-06-30T12:00:00Z') / 1000;
    const granted = { grantedBy: 'operator', grantedAt: 1 };
    const auditing = { role: 'auditor', ...granted, expiresAt, reason: 'year end' } as const;
    const given = { uid: 'demo-member', action: 'roles.set' } as const;
    await changeAsOperator(GCLOUD_PROJECT, given, { grants: [{ role: 'member', ...granted }, auditing] });

    const { page, signInAs } = await visit();
    await signInAs('owner');
    const row = page.locator('[data-uid=demo-member]');
    await row.getByText(/auditor until .*2999/).waitFor();
    await page.screenshot({ path: `${SCREENSHOTS}/9-a-grant-that-ends.png`, fullPage: true });
    await row.getByRole('checkbox', { name: 'support' }).check();
    const answered = page.waitForResponse((response) => response.request().method() === 'PUT');
    await row.getByRole('button', { name: 'Save' }).click();
    const { grants } = JSON.parse(await (await answered).text());
    const kept = grants.find(({ role }: { role: string }) => role === 'auditor');
    assert.deepEqual([kept.expiresAt, kept.reason], ['2999-06-30T12:00:00.000Z', 'year end']);
    assert.equal(kept.grantedBy, 'operator');
    await row.getByText(/auditor until .*2999/).waitFor();
  });

  it('shows the owner a refusal with its code, and the user as they now are', async () => {
    const [owner, admin] = await Promise.all([visit(), visit()]);
    await Promise.all([owner.signInAs('owner'), admin.signInAs('admin')]);
    const rowOf = (guest: Guest) => guest.page.locator('[data-uid=demo-member]');
    for (const guest of [owner, admin]) {
      await rowOf(guest).getByRole('checkbox', { name: 'auditor' }).check();
    }
    await rowOf(owner).getByRole('button', { name: 'Save' }).click();
    const saved =
      (await rowOf(owner)
        .getByText(/^Saved, now version/)
        .textContent()) ?? '';
    await rowOf(admin).getByRole('button', { name: 'Save' }).click();
    await rowOf(admin).getByText('version_mismatch').waitFor();
    await rowOf(admin)
      .getByText(`roles version ${saved.replace(/\D/g, '')}`)
      .waitFor();

    // An admin is no match for an owner, and nobody changes their own roles.
    const ownersRow = admin.page.locator('[data-uid=demo-owner]');
    await ownersRow.getByRole('checkbox', { name: 'owner' }).uncheck();
    await ownersRow.getByRole('button', { name: 'Save' }).click();
    await ownersRow.getByText('exceeds_own_permissions').waitFor();
    assert.equal(await admin.page.locator('[data-uid=demo-admin]').getByRole('checkbox').count(), 0);
    assert.match(await owner.tryGate('PUT /users/{me}/roles'), /403.*own_account/);
  });

  it('closes the office to somebody whose roles were taken, who stays signed in', async () => {
    const [owner, support] = await Promise.all([visit(), visit()]);
    await Promise.all([owner.signInAs('owner'), support.signInAs('support')]);
    await support.page.locator('#people [data-uid=demo-owner]').waitFor();
    const row = owner.page.locator('[data-uid=demo-support]');
    await row.getByRole('checkbox', { name: 'support' }).uncheck();
    await row.getByRole('button', { name: 'Save' }).click();
    await support.page.getByText('Your wristband was replaced').waitFor();
    await support.page.locator('#people').waitFor({ state: 'hidden' });
    assert.match(await support.tryGate('GET /users'), /403/);
  });

  it('tells somebody whose sessions were ended that they have to sign in again', async () => {
    const support = await visit();
    await support.signInAs('support');
    await support.page.locator('#people [data-uid=demo-owner]').waitFor();
    const ending = { uid: 'demo-support', action: 'sessions.revoke' } as const;
    await changeAsOperator(GCLOUD_PROJECT, ending, { revoke: true });
    // Firebase ends the session at the refresh; the Auth emulator doesn't, and there the guard refuses.
    await support.page.locator('#notice-text, #sign-in-error', { hasText: 'Sign in again.' }).waitFor();
    assert.equal(await support.page.locator('#people li').count(), 0);
  });

  it('refreshes the wristband when asked to', async () => {
    const { page, signInAs } = await visit();
    await signInAs('owner');
    await page.getByRole('button', { name: 'Refresh my wristband' }).click();
    await page.getByText('You have a fresh wristband.').waitFor();
    assert.equal(await page.locator('#band').getAttribute('data-role'), 'owner');
  });

  it('makes a new member of somebody who comes with the emulator’s Google account', async () => {
    const { page } = await visit();
    await page.getByLabel('Google account').fill('ada@example.com');
    await page.getByRole('button', { name: 'Sign in with Google' }).click();
    await page.locator('#band[data-role=member]').waitFor();
    assert.equal(await page.locator('#band-email').textContent(), 'ada@example.com');
    assert.match((await page.locator('#band-claims').textContent()) ?? '', /Signed in withgoogle\.com/);
    await page.locator('#me-status.good').waitFor();
  });

  it('says in words what is wrong with a password, and keeps none', async () => {
    const { page } = await visit();
    await page.getByLabel('E-mail').fill(demoEmail('member'));
    await page.getByLabel('Password').fill('wrong');
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByText('E-mail and password do not match.').waitFor();
    await page.screenshot({ path: `${SCREENSHOTS}/5-wrong-password.png`, fullPage: true });
    await page.getByLabel('Password').fill(DEMO_PASSWORD);
    await page.keyboard.press('Enter');
    await page.locator('#band[data-role=member]').waitFor();
    assert.equal(await page.locator('#password').inputValue(), '');
  });

  it('remembers a guest over a reload, and forgets everything when they sign out', async () => {
    const { page, signInAs, tryGate, stored } = await visit();
    await signInAs('owner');
    await page.locator('[data-uid=demo-member]').waitFor();
    assert.match(await tryGate('GET /users'), /demo-member/);
    assert.deepEqual(await stored(), {
      local: 0,
      session: 0,
      cookies: 0,
      databases: ['firebaseLocalStorageDb'],
      users: 1,
    });
    assert.equal(page.url(), `${GATEHOUSE_HOSTING_URL}/`);

    await page.reload();
    await page.locator('[data-uid=demo-member]').waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    assert.doesNotMatch((await page.locator('#park').innerHTML()) ?? '', /demo-|@demo|owner@/);
    assert.equal((await stored()).users, 0);
    await page.reload();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  });

  it('reads well in the dark and on a telephone', async () => {
    const { page, signInAs } = await visit({
      colorScheme: 'dark',
      viewport: { width: 390, height: 844 },
    });
    await signInAs('owner');
    await page.locator('[data-uid=demo-member]').waitFor();
    await page.locator('#record li').first().waitFor();
    const overflow = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
    assert.equal(await page.evaluate(overflow), 0);
    await page.screenshot({ path: `${SCREENSHOTS}/6-dark-narrow.png`, fullPage: true });
    await page.setViewportSize({ width: 1280, height: 900 });
    await page.screenshot({ path: `${SCREENSHOTS}/7-dark-wide.png`, fullPage: true });
  });
});

(CHROME_PATH ? describe : describe.skip)('the page’s headers', () => {
  const deployed = JSON.parse(readFileSync(`${ROOT}/firebase.json`, 'utf8')).hosting.headers[0].headers;
  const policyOf = (headers: { key: string; value: string }[]) =>
    headers.find(({ key }) => key === 'Content-Security-Policy')?.value ?? '';

  it('let nobody frame it, run other people’s scripts in it, or guess its types', async () => {
    for (const path of ['/', '/app.js', '/vendor/firebase.js', '/no-such-page']) {
      const { headers } = await fetch(GATEHOUSE_HOSTING_URL + path);
      const policy = headers.get('content-security-policy') ?? '';
      assert.match(policy, /default-src 'none'; script-src 'self'; style-src 'self';/, path);
      assert.match(policy, /frame-ancestors 'none'/);
      assert.equal(headers.get('x-frame-options'), 'DENY');
      assert.equal(headers.get('x-content-type-options'), 'nosniff');
      assert.equal(headers.get('referrer-policy'), 'no-referrer');
    }
  });

  it('are the deployed ones but for the Auth emulator’s address', async () => {
    const { headers } = await fetch(GATEHOUSE_HOSTING_URL);
    const emulator = ` http://${process.env.FIREBASE_AUTH_EMULATOR_HOST}`;
    assert.equal(headers.get('content-security-policy')?.replace(emulator, ''), policyOf(deployed));
    assert.doesNotMatch(policyOf(deployed), /127\.0\.0\.1|localhost|unsafe|\*/);
  });

  it('leave the API’s own alone', async () => {
    const { headers } = await fetch(`${GATEHOUSE_HOSTING_URL}/api/v1/health`);
    assert.doesNotMatch(headers.get('content-security-policy') ?? '', /'self'/);
  });
});
