// How the page shows people of other issuers to an owner.
import assert from 'node:assert/strict';
import { externalId } from '../../functions/src/authn/external-identity.ts';
import type { Edit } from '../../functions/src/directory/edit.ts';
import { SCREENSHOTS, useGuests } from './guests.ts';
import { changeAsOperator, enterAsOperator } from './operator.ts';

const { CHROME_PATH, GCLOUD_PROJECT = '' } = process.env;
const ISSUER = 'https://login.example.com/realms/shop';

type Change = Edit & { readonly issuer?: string };

(CHROME_PATH ? describe : describe.skip)('the page, of people of other issuers,', function () {
  this.timeout(60_000);
  const visit = useGuests();
  let entered: string[] = [];

  /** Enters somebody as a supporter, changed as told. @returns their id here */
  async function enter(subject: string, { issuer = ISSUER, ...edit }: Change = {}): Promise<string> {
    const uid = externalId(issuer, subject);
    entered.push(uid);
    await enterAsOperator(GCLOUD_PROJECT, { issuer, subject });
    if (Object.keys(edit).length > 0) {
      await changeAsOperator(GCLOUD_PROJECT, { uid, action: 'roles.set' }, edit);
    }
    return uid;
  }

  async function asOwner() {
    const { page, signInAs } = await visit();
    await signInAs('owner');
    return { page, rowOf: (uid: string) => page.locator(`[data-uid=${uid}]`) };
  }

  // Other tests look at the same list.
  afterEach(async () => {
    const leaving = entered;
    entered = [];
    for (const uid of leaving) {
      await changeAsOperator(GCLOUD_PROJECT, { uid, action: 'user.delete' }, { remove: true });
    }
  });

  it('names somebody of another issuer as that issuer does, and wraps it', async () => {
    const subject = `waad|${'oneLongWord'.repeat(9)}`;
    const uid = await enter(subject);
    for (const width of [1200, 800, 390]) {
      const { page, signInAs } = await visit({ viewport: { width, height: 900 } });
      await signInAs('owner');
      const row = page.locator(`[data-uid=${uid}]`);
      assert.equal(await row.getByRole('heading').textContent(), `login.example.com · ${subject}`);
      await row.getByText('besides what their issuer gives').waitFor();
      const cut = `[...document.querySelectorAll('[data-uid^=ext-] :is(.identity, .rights, h3)')]
        .filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth).length`;
      assert.equal(await page.evaluate(cut), 0, `${width} px`);
    }
  });

  it('takes an address for a name only when it is verified, and an issuer that is no address as it is', async () => {
    const profile = { email: 'owner@demo.test', providers: [ISSUER] };
    const verified = await enter('a|1', { profile: { ...profile, emailVerified: true } });
    const unverified = await enter('a|2', { profile: { ...profile, emailVerified: false } });
    const bare = await enter('a|3', { issuer: 'accounts.example.com' });
    const { page, rowOf } = await asOwner();
    await rowOf(bare).waitFor();
    assert.equal(await rowOf(verified).getByRole('heading').textContent(), 'owner@demo.test');
    await rowOf(verified).getByText(`${ISSUER} · a|1`, { exact: true }).waitFor();
    assert.equal(await rowOf(unverified).getByRole('heading').textContent(), 'login.example.com · a|2');
    await rowOf(unverified).getByText(`${ISSUER} · owner@demo.test (unverified)`, { exact: true }).waitFor();
    assert.equal(await rowOf(bare).getByRole('heading').textContent(), 'accounts.example.com · a|3');
    await page.screenshot({ path: `${SCREENSHOTS}/10-people-of-other-issuers.png`, fullPage: true });
  });

  it('leaves what an exchange gave as it is, even past its end, until somebody gives that role', async () => {
    const now = Math.floor(Date.now() / 1000);
    const soon = { grantedAt: now, expiresAt: now + 20 * 60 };
    const exchanged = { role: 'member', grantedBy: ISSUER, reason: 'token exchange', ...soon } as const;
    const lent = { role: 'auditor', grantedBy: 'operator', reason: 'year end', ...soon } as const;
    const uid = await enter('exchanged', { grants: [exchanged, lent] });
    const { page, rowOf } = await asOwner();
    const row = rowOf(uid);
    await row.getByText(/besides what their issuer gives, in Firebase member until /).waitFor();
    const box = (name: string) => row.getByRole('checkbox', { name });
    assert.deepEqual([await box('member').isChecked(), await box('auditor').isChecked()], [false, true]);

    /** Saves, and gives who gave each role until when. */
    async function save() {
      const answered = page.waitForResponse((response) => response.request().method() === 'PUT');
      await row.getByRole('button', { name: 'Save' }).click();
      const { grants } = JSON.parse(await (await answered).text());
      return grants.map(({ role, grantedBy, expiresAt = 'ever' }: Record<string, string>) =>
        [role, grantedBy, expiresAt].join(' '),
      );
    }
    const end = new Date(soon.expiresAt * 1000).toISOString();
    // The page lay open until both had ended, by its clock.
    await page.evaluate('{ const { now } = Date; Date.now = () => now() + 21 * 60_000; }');
    await box('support').check();
    const others = [`auditor operator ${end}`, 'support demo-owner ever'];
    assert.deepEqual(await save(), [`member ${ISSUER} ${end}`, ...others]);
    await row.getByText(/^Saved/).waitFor();
    await box('member').check();
    assert.deepEqual((await save()).sort(), [...others, 'member demo-owner ever'].sort());
    await row.getByText('besides what their issuer gives', { exact: true }).waitFor();
    assert.equal(await box('member').isChecked(), true);
  });
});
