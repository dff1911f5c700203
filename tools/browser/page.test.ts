// The page in a real browser, against the emulators. Screenshots are written to .gatehouse/screenshots.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { ROOT } from '../lib/emulator-setup.ts';
import { DEMO_PASSWORD, demoEmail } from '../seed.ts';
import { changeDirectory } from './directory-changes.ts';
import type { UserPage } from './user-page.ts';
import { SCREENSHOTS, useUserPages } from './user-pages.ts';

const { CHROME_PATH, GATEHOUSE_HOSTING_URL = '', GCLOUD_PROJECT = '' } = process.env;

(CHROME_PATH ? describe : describe.skip)('the page', function () {
  this.timeout(60_000);
  const open = useUserPages();

  it('shows a member’s ID token and permissions, and why an endpoint refuses them', async () => {
    const { page, signInAs, tryEndpoint } = await open();
    await page.getByRole('button', { name: /^owner / }).waitFor();
    await page.screenshot({ path: `${SCREENSHOTS}/1-sign-in.png`, fullPage: true });
    await signInAs('member');

    await page.locator('#id-token-roles', { hasText: 'member' }).waitFor();
    assert.equal(await page.locator('#id-token-email').textContent(), 'member@demo.test');
    assert.deepEqual(await page.locator('#id-token-roles li').allTextContents(), ['member']);
    assert.match((await page.locator('#id-token-countdown').textContent()) ?? '', /^(60:00|59:\d\d)$/);
    assert.match((await page.locator('#id-token-raw').textContent()) ?? '', /"sub": "demo-member"/);

    await page.locator('#me-status.good').waitFor();
    const me = JSON.parse((await page.locator('#me-raw').textContent()) ?? '');
    assert.deepEqual([me.uid, me.permissions], ['demo-member', ['notes:read', 'notes:write']]);
    assert.equal(await page.locator('#users').isVisible(), false);
    assert.equal(await page.locator('#audit-log').isVisible(), false);

    await page.locator('[data-endpoint="GET /users"] .quiet', { hasText: 'users:read' }).waitFor();
    const refusal = await tryEndpoint('GET /users');
    assert.match(refusal, /403.*permission_denied/);
    assert.match(refusal, /insufficient_scope.*users:read/);
    assert.match(await tryEndpoint('PUT /users/{uid}/roles'), /403.*permission_denied.*roles:assign/);
    assert.match(await tryEndpoint('GET /health'), /200/);
    assert.match(await tryEndpoint('GET /me'), /401.*unauthenticated/);
    await page.screenshot({ path: `${SCREENSHOTS}/2-member-refused.png`, fullPage: true });
  });

  it('works in a browser that has the session cookie of another page', async () => {
    const { page, context, signInAs, tryEndpoint } = await open();
    const value = `gs1_${'A'.repeat(43)}`;
    await context.addCookies([{ name: '__session', value, url: GATEHOUSE_HOSTING_URL, httpOnly: true }]);
    await page.reload();
    await signInAs('member');
    assert.match(await tryEndpoint('GET /me'), /401.*unauthenticated/);
  });

  it('updates a member’s page and permissions when an owner grants them a role', async () => {
    const [owner, member] = await Promise.all([open(), open()]);
    await Promise.all([owner.signInAs('owner'), member.signInAs('member')]);
    assert.match(await member.tryEndpoint('GET /users'), /403/);

    const row = owner.page.locator('[data-uid=demo-member]');
    await row.getByRole('checkbox', { name: 'support' }).check();
    await row.getByRole('checkbox', { name: 'member' }).uncheck();
    await owner.page.screenshot({ path: `${SCREENSHOTS}/3-owner-changes-roles.png`, fullPage: true });
    await row.getByRole('button', { name: 'Save' }).click();
    const saved = (await row.getByText(/^Saved as version \d+\.$/).textContent()) ?? '';
    const version = saved.replace(/\D/g, '');

    // The member does nothing: the next poll finds the token stale, and the page gets a new one.
    await member.page.locator('#id-token-roles', { hasText: 'support' }).waitFor();
    await member.page.getByText('Your roles changed').waitFor();
    assert.equal(await member.page.locator('#id-token-version').textContent(), version);
    assert.match(await member.tryEndpoint('GET /users'), /200.*demo-owner/);
    await member.page.locator('#users [data-uid=demo-owner]').waitFor();
    assert.equal(await member.page.getByRole('checkbox').count(), 0); // users:read without roles:assign
    await member.page.screenshot({ path: `${SCREENSHOTS}/4-member-promoted.png`, fullPage: true });

    const newest = owner.page.locator('#audit-log li').first();
    await newest.getByText('roles.set').waitFor();
    const line = (await newest.textContent()) ?? '';
    assert.match(line, /demo-owner roles\.set demo-member: member → support · changed on the Gatehouse page/);
  });

  it('signs in and saves at http://localhost as well', async () => {
    const { page, signInAs } = await open({}, 'localhost');
    assert.match(page.url(), /^http:\/\/localhost:/);
    await signInAs('owner');
    const row = page.locator('[data-uid=demo-member]');
    await row.getByRole('checkbox', { name: 'support' }).check();
    await row.getByRole('button', { name: 'Save' }).click();
    await row.getByText(/^Saved as version \d+\.$/).waitFor();
  });

  it('shows the audit log, refusals included, to users with audit:read', async () => {
    const [auditor, admin] = await Promise.all([open(), open()]);
    await Promise.all([auditor.signInAs('auditor'), admin.signInAs('admin')]);
    assert.match(await admin.tryEndpoint('PUT /users/{uid}/roles'), /403.*own_account/);
    await auditor.page.locator('#audit-log').getByRole('button', { name: 'Reload' }).click();
    const refusal = auditor.page.locator('#audit-log li[data-outcome=refused]').first();
    await refusal.getByText('demo-admin was refused roles.set demo-admin').waitFor();
    assert.equal(await auditor.page.getByRole('checkbox').count(), 0); // users:read without roles:assign
    await auditor.page.screenshot({ path: `${SCREENSHOTS}/8-audit-log.png`, fullPage: true });
  });

  it('shows when a grant expires, and keeps its expiry and reason when another role is granted', async () => {
    const expiresAt = Date.parse('2999-06-30T12:00:00Z') / 1000;
    const granted = { grantedBy: 'operator', grantedAt: 1 };
    const auditing = { role: 'auditor', ...granted, expiresAt, reason: 'year end' } as const;
    const change = { uid: 'demo-member', action: 'roles.set' } as const;
    await changeDirectory(GCLOUD_PROJECT, change, { grants: [{ role: 'member', ...granted }, auditing] });

    const { page, signInAs } = await open();
    await signInAs('owner');
    const row = page.locator('[data-uid=demo-member]');
    await row.getByText(/auditor until .*2999/).waitFor();
    await page.screenshot({ path: `${SCREENSHOTS}/9-expiring-grant.png`, fullPage: true });
    await row.getByRole('checkbox', { name: 'support' }).check();
    const answered = page.waitForResponse((response) => response.request().method() === 'PUT');
    await row.getByRole('button', { name: 'Save' }).click();
    const { grants } = JSON.parse(await (await answered).text());
    const kept = grants.find(({ role }: { role: string }) => role === 'auditor');
    assert.deepEqual([kept.expiresAt, kept.reason], ['2999-06-30T12:00:00.000Z', 'year end']);
    assert.equal(kept.grantedBy, 'operator');
    await row.getByText(/auditor until .*2999/).waitFor();
  });

  it('shows a refused role change with its code, and the user as stored', async () => {
    const [owner, admin] = await Promise.all([open(), open()]);
    await Promise.all([owner.signInAs('owner'), admin.signInAs('admin')]);
    const rowOf = (userPage: UserPage) => userPage.page.locator('[data-uid=demo-member]');
    for (const userPage of [owner, admin]) {
      await rowOf(userPage).getByRole('checkbox', { name: 'auditor' }).check();
    }
    await rowOf(owner).getByRole('button', { name: 'Save' }).click();
    const saved =
      (await rowOf(owner)
        .getByText(/^Saved as version/)
        .textContent()) ?? '';
    await rowOf(admin).getByRole('button', { name: 'Save' }).click();
    await rowOf(admin).getByText('version_mismatch').waitFor();
    await rowOf(admin)
      .getByText(`· version ${saved.replace(/\D/g, '')}`)
      .waitFor();

    // An admin cannot change an owner's roles, and users cannot change their own.
    const ownersRow = admin.page.locator('[data-uid=demo-owner]');
    await ownersRow.getByRole('checkbox', { name: 'owner' }).uncheck();
    await ownersRow.getByRole('button', { name: 'Save' }).click();
    await ownersRow.getByText('exceeds_own_permissions').waitFor();
    assert.equal(await admin.page.locator('[data-uid=demo-admin]').getByRole('checkbox').count(), 0);
    assert.match(await owner.tryEndpoint('PUT /users/{uid}/roles'), /403.*own_account/);
  });

  it('hides the users when the user’s roles are revoked, without signing them out', async () => {
    const [owner, support] = await Promise.all([open(), open()]);
    await Promise.all([owner.signInAs('owner'), support.signInAs('support')]);
    await support.page.locator('#users [data-uid=demo-owner]').waitFor();
    const row = owner.page.locator('[data-uid=demo-support]');
    await row.getByRole('checkbox', { name: 'support' }).uncheck();
    await row.getByRole('button', { name: 'Save' }).click();
    await support.page.getByText('Your roles changed').waitFor();
    await support.page.locator('#users').waitFor({ state: 'hidden' });
    assert.match(await support.tryEndpoint('GET /users'), /403/);
  });

  it('asks the user to sign in again after their sessions were revoked', async () => {
    const support = await open();
    await support.signInAs('support');
    await support.page.locator('#users [data-uid=demo-owner]').waitFor();
    const revocation = { uid: 'demo-support', action: 'sessions.revoke' } as const;
    await changeDirectory(GCLOUD_PROJECT, revocation, { revoke: true });
    // Firebase refuses to refresh the token. The Auth emulator does not; there the API refuses the token.
    await support.page.locator('#notice-text, #sign-in-error', { hasText: 'Sign in again.' }).waitFor();
    assert.equal(await support.page.locator('#users li').count(), 0);
  });

  it('refreshes the ID token on request', async () => {
    const { page, signInAs } = await open();
    await signInAs('owner');
    await page.getByRole('button', { name: 'Refresh ID token' }).click();
    await page.getByText('ID token refreshed.').waitFor();
    assert.deepEqual(await page.locator('#id-token-roles li').allTextContents(), ['owner']);
  });

  it('creates a user with the default role at the first sign-in with Google', async () => {
    const { page } = await open();
    await page.getByLabel('Google account').fill('ada@example.com');
    await page.getByRole('button', { name: 'Sign in with Google' }).click();
    await page.locator('#id-token-roles', { hasText: 'member' }).waitFor();
    assert.equal(await page.locator('#id-token-email').textContent(), 'ada@example.com');
    assert.match((await page.locator('#id-token-claims').textContent()) ?? '', /Sign-in providergoogle\.com/);
    await page.locator('#me-status.good').waitFor();
  });

  it('explains a wrong password, and keeps no password in the page', async () => {
    const { page } = await open();
    await page.getByLabel('E-mail').fill(demoEmail('member'));
    await page.getByLabel('Password').fill('wrong');
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByText('E-mail and password do not match.').waitFor();
    await page.screenshot({ path: `${SCREENSHOTS}/5-wrong-password.png`, fullPage: true });
    await page.getByLabel('Password').fill(DEMO_PASSWORD);
    await page.keyboard.press('Enter');
    await page.locator('#id-token-roles', { hasText: 'member' }).waitFor();
    assert.equal(await page.locator('#password').inputValue(), '');
  });

  it('keeps the user signed in over a reload, and removes all data on sign-out', async () => {
    const { page, signInAs, tryEndpoint, stored } = await open();
    await signInAs('owner');
    await page.locator('[data-uid=demo-member]').waitFor();
    assert.match(await tryEndpoint('GET /users'), /demo-member/);
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
    assert.doesNotMatch((await page.locator('#signed-in').innerHTML()) ?? '', /demo-|@demo|owner@/);
    assert.equal((await stored()).users, 0);
    await page.reload();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  });

  it('does not overflow on a phone, in the dark colour scheme', async () => {
    const { page, signInAs } = await open({
      colorScheme: 'dark',
      viewport: { width: 390, height: 844 },
    });
    await signInAs('owner');
    await page.locator('[data-uid=demo-member]').waitFor();
    await page.locator('#audit-log li').first().waitFor();
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

  it('forbid framing, scripts of other origins and content sniffing', async () => {
    for (const path of ['/', '/app.js', '/vendor/firebase.js', '/no-such-page']) {
      const { headers } = await fetch(GATEHOUSE_HOSTING_URL + path);
      const policy = headers.get('content-security-policy') ?? '';
      assert.match(policy, /default-src 'none'; script-src 'self'; style-src 'self';/, path);
      assert.match(policy, /img-src 'self' data:; connect-src 'self'/); // `data:` for QR codes, nowhere else
      assert.match(policy, /frame-ancestors 'none'/);
      assert.equal(policy.split('data:').length, 2);
      assert.equal(headers.get('x-frame-options'), 'DENY');
      assert.equal(headers.get('x-content-type-options'), 'nosniff');
      assert.equal(headers.get('referrer-policy'), 'no-referrer');
      assert.equal(headers.get('cross-origin-opener-policy'), 'same-origin');
    }
  });

  it('are the deployed ones, so that the page works with a plain `firebase emulators:start`', async () => {
    const { headers } = await fetch(GATEHOUSE_HOSTING_URL);
    assert.equal(headers.get('content-security-policy'), policyOf(deployed));
    assert.doesNotMatch(policyOf(deployed), /127\.0\.0\.1|localhost|unsafe|\*/);
  });

  it('do not replace those of the API', async () => {
    const { headers } = await fetch(`${GATEHOUSE_HOSTING_URL}/api/v1/health`);
    assert.doesNotMatch(headers.get('content-security-policy') ?? '', /'self'/);
  });
});
