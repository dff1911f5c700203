import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { Page } from 'playwright-core';
import { DEMO_PASSWORD } from '../seed.ts';
import { changeDirectory } from './directory-changes.ts';

const { FIREBASE_AUTH_EMULATOR_HOST, GATEHOUSE_HOSTING_URL, GCLOUD_PROJECT = '' } = process.env;

export interface NewUser {
  readonly uid: string;
  readonly email: string;
}

/** For a suite: creates users with the password of the demo users, and deletes them after each test. */
export function useNewUsers() {
  let uids: string[] = [];
  afterEach(async () => {
    const leftover = uids;
    uids = [];
    for (const uid of leftover) {
      await changeDirectory(GCLOUD_PROJECT, { uid, action: 'user.delete' }, { remove: true });
    }
  });

  async function createUser(role: 'admin' | 'member'): Promise<NewUser> {
    const email = `${role}-${randomUUID()}@demo.test`;
    const url = `http://${FIREBASE_AUTH_EMULATOR_HOST}/identitytoolkit.googleapis.com/v1/accounts:signUp?key=demo`;
    const body = JSON.stringify({ email, password: DEMO_PASSWORD, returnSecureToken: true });
    const headers = { 'Content-Type': 'application/json' };
    const account = await (await fetch(url, { method: 'POST', headers, body })).json();
    const { localId: uid, idToken } = account as { localId: string; idToken: string };
    // The first request creates the directory entry.
    const me = await fetch(`${GATEHOUSE_HOSTING_URL}/api/v1/me`, {
      headers: { Authorization: `Bearer ${idToken}` },
    });
    assert.equal(me.status, 200);
    uids.push(uid);
    const granted = { grantedBy: 'operator', grantedAt: Math.floor(Date.now() / 1000) } as const;
    await changeDirectory(GCLOUD_PROJECT, { uid, action: 'roles.set' }, { grants: [{ role, ...granted }] });
    return { uid, email };
  }

  /** Signs in on the page, by password. */
  async function signIn(page: Page, { email }: NewUser): Promise<void> {
    await page.getByLabel('E-mail').fill(email);
    await page.getByLabel('Password').fill(DEMO_PASSWORD);
    await page.keyboard.press('Enter');
    await page.locator('#who', { hasText: email }).waitFor();
    await page.locator('#me-status.good').waitFor();
  }

  return { createUser, signIn };
}
