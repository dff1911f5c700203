import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';
import { ROOT } from '../lib/emulator-setup.ts';
import { seedDemoUsers } from '../seed.ts';
import { openPage, type UserPage } from './user-page.ts';

export const SCREENSHOTS = `${ROOT}/.gatehouse/screenshots`;

/** Names this machine, and does not look like it. */
export const OTHER_HOST = 'app.test';

/** @param host `name` or `name:port`, @param target what it is resolved to, such as `127.0.0.1` */
export function launchBrowser(host: string, target: string): Promise<Browser> {
  // Chromium's sandbox does not work for root, nor in CI containers that forbid new namespaces.
  const hasNoSandbox = process.getuid?.() === 0 || process.env.CI !== undefined;
  return chromium.launch({
    executablePath: process.env.CHROME_PATH ?? '',
    chromiumSandbox: !hasNoSandbox,
    args: [`--host-resolver-rules=MAP ${host} ${target}`],
  });
}

/** For a suite: starts the browser before its tests and closes it after them. */
export function useBrowser(): () => Browser {
  let browser: Browser;
  before(async () => {
    browser = await launchBrowser(OTHER_HOST, '127.0.0.1');
  });
  after(() => browser.close());
  return () => browser;
}

/** For a suite: resets the demo users before each test and closes its pages after it. */
export function useUserPages() {
  const { GATEHOUSE_HOSTING_URL = '', GCLOUD_PROJECT = '' } = process.env;
  const browser = useBrowser();
  let pages: UserPage[] = [];

  before(() => mkdirSync(SCREENSHOTS, { recursive: true }));
  // Versions are not reset: running functions remember the versions they have seen.
  beforeEach(() => seedDemoUsers(GCLOUD_PROJECT, { resetRoles: true }));
  // In every test: no error in the page, and no request left this machine.
  afterEach(async () => {
    const closing = pages;
    pages = [];
    await Promise.all(closing.map(({ context }) => context.close()));
    assert.deepEqual(
      closing.flatMap(({ problems }) => problems),
      [],
    );
  });

  /** Opens the page in a new browser context. @param host instead of 127.0.0.1 */
  return async function open(
    options: Parameters<typeof openPage>[2] = {},
    host = '127.0.0.1',
  ): Promise<UserPage> {
    const page = await openPage(browser(), GATEHOUSE_HOSTING_URL.replace('127.0.0.1', host), options);
    pages.push(page);
    return page;
  };
}
