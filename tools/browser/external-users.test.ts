// The page of an owner, with external users.
import assert from 'node:assert/strict';
import { externalId } from '../../functions/src/authn/external-identity.ts';
import type { Edit } from '../../functions/src/directory/edit.ts';
import { changeDirectory, createExternalUser } from './directory-changes.ts';
import { SCREENSHOTS, useUserPages } from './user-pages.ts';

const { CHROME_PATH, GCLOUD_PROJECT = '' } = process.env;
const ISSUER = 'https://login.example.com/realms/shop';

type NewUser = Edit & { readonly issuer?: string; readonly email?: string; readonly emailVerified?: boolean };

(CHROME_PATH ? describe : describe.skip)('the page, with external users', function () {
  this.timeout(60_000);
  const open = useUserPages();
  let created: string[] = [];

  /** Creates an external user with the role `support`, then applies the edit. @returns the uid */
  async function create(
    subject: string,
    { issuer = ISSUER, email, emailVerified = false, ...edit }: NewUser = {},
  ): Promise<string> {
    const uid = externalId(issuer, subject);
    created.push(uid);
    await createExternalUser(GCLOUD_PROJECT, { issuer, subject, email, emailVerified });
    if (Object.keys(edit).length > 0) {
      await changeDirectory(GCLOUD_PROJECT, { uid, action: 'roles.set' }, edit);
    }
    return uid;
  }

  async function asOwner() {
    const { page, signInAs } = await open();
    await signInAs('owner');
    return { page, rowOf: (uid: string) => page.locator(`[data-uid=${uid}]`) };
  }

  // Other tests read the same list.
  afterEach(async () => {
    const leftover = created;
    created = [];
    for (const uid of leftover) {
      await changeDirectory(GCLOUD_PROJECT, { uid, action: 'user.delete' }, { remove: true });
    }
  });

  it('names an external user by issuer and subject, and wraps long names', async () => {
    const subject = `waad|${'oneLongWord'.repeat(9)}`;
    const uid = await create(subject);
    for (const width of [1200, 800, 390]) {
      const { page, signInAs } = await open({ viewport: { width, height: 900 } });
      await signInAs('owner');
      const row = page.locator(`[data-uid=${uid}]`);
      assert.equal(await row.getByRole('heading').textContent(), `login.example.com · ${subject}`);
      await row.getByText('Tokens of the issuer can add roles.').waitFor();
      const cut = `[...document.querySelectorAll('[data-uid^=ext-] :is(.identity, .user-roles, h3)')]
        .filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth).length`;
      assert.equal(await page.evaluate(cut), 0, `${width} px`);
    }
  });

  it('uses only a verified e-mail address as name, and shows an issuer that is no URL unchanged', async () => {
    const email = 'owner@demo.test';
    const verified = await create('a|1', { email, emailVerified: true });
    const unverified = await create('a|2', { email });
    const bare = await create('a|3', { issuer: 'accounts.example.com' });
    const { page, rowOf } = await asOwner();
    await rowOf(bare).waitFor();
    assert.equal(await rowOf(verified).getByRole('heading').textContent(), 'owner@demo.test');
    await rowOf(verified).getByText(`${ISSUER} · a|1`, { exact: true }).waitFor();
    assert.equal(await rowOf(unverified).getByRole('heading').textContent(), 'login.example.com · a|2');
    await rowOf(unverified).getByText(`${ISSUER} · owner@demo.test (unverified)`, { exact: true }).waitFor();
    assert.equal(await rowOf(bare).getByRole('heading').textContent(), 'accounts.example.com · a|3');
    await page.screenshot({ path: `${SCREENSHOTS}/10-external-users.png`, fullPage: true });
  });

  it('keeps a grant from a token exchange until the same role is granted, even if it expired', async () => {
    const now = Math.floor(Date.now() / 1000);
    const soon = { grantedAt: now, expiresAt: now + 20 * 60 };
    const exchanged = { role: 'member', grantedBy: ISSUER, reason: 'token exchange', ...soon } as const;
    const lent = { role: 'auditor', grantedBy: 'operator', reason: 'year end', ...soon } as const;
    const uid = await create('exchanged', { grants: [exchanged, lent] });
    const { page, rowOf } = await asOwner();
    const row = rowOf(uid);
    await row.getByText(/Tokens of the issuer can add roles\. Token exchange: member until /).waitFor();
    const box = (name: string) => row.getByRole('checkbox', { name });
    assert.deepEqual([await box('member').isChecked(), await box('auditor').isChecked()], [false, true]);

    /** Saves. @returns each grant as `role grantedBy expiresAt` */
    async function save() {
      const answered = page.waitForResponse((response) => response.request().method() === 'PUT');
      await row.getByRole('button', { name: 'Save' }).click();
      const { grants } = JSON.parse(await (await answered).text());
      return grants.map(({ role, grantedBy, expiresAt = 'no expiry' }: Record<string, string>) =>
        [role, grantedBy, expiresAt].join(' '),
      );
    }
    const end = new Date(soon.expiresAt * 1000).toISOString();
    // By the clock of the page, both grants have expired meanwhile.
    await page.evaluate('{ const { now } = Date; Date.now = () => now() + 21 * 60_000; }');
    await box('support').check();
    const others = [`auditor operator ${end}`, 'support demo-owner no expiry'];
    assert.deepEqual(await save(), [`member ${ISSUER} ${end}`, ...others]);
    await row.getByText(/^Saved/).waitFor();
    await box('member').check();
    assert.deepEqual((await save()).sort(), [...others, 'member demo-owner no expiry'].sort());
    await row.getByText('Tokens of the issuer can add roles.', { exact: true }).waitFor();
    assert.equal(await box('member').isChecked(), true);
  });
});
