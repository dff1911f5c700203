import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';
import { ROOT } from '../lib/emulator-setup.ts';
import { seedDemoUsers } from '../seed.ts';
import { type Guest, openPage } from './guest.ts';

export const SCREENSHOTS = `${ROOT}/.gatehouse/screenshots`;

/** For a suite: the demo users as they were before each test, and guests who are gone after it. */
export function useGuests() {
  const { CHROME_PATH = '', GATEHOUSE_HOSTING_URL = '', GCLOUD_PROJECT = '' } = process.env;
  let browser: Browser;
  let guests: Guest[] = [];

  before(async () => {
    mkdirSync(SCREENSHOTS, { recursive: true });
    // Chromium's sandbox does not work for root, nor where CI's containers keep it from making one.
    const isConfined = process.getuid?.() === 0 || process.env.CI !== undefined;
    browser = await chromium.launch({ executablePath: CHROME_PATH, chromiumSandbox: !isConfined });
  });
  // Versions go on counting: the functions remember those they have seen.
  beforeEach(() => seedDemoUsers(GCLOUD_PROJECT, { resetRoles: true }));
  // Whatever a test was about: nothing went wrong in the page, and nothing left this machine.
  afterEach(async () => {
    const closing = guests;
    guests = [];
    await Promise.all(closing.map(({ context }) => context.close()));
    assert.deepEqual(
      closing.flatMap(({ troubles }) => troubles),
      [],
    );
  });
  after(() => browser.close());

  /** Somebody at a browser of their own. */
  return async function visit(options: Parameters<typeof openPage>[2] = {}): Promise<Guest> {
    const guest = await openPage(browser, GATEHOUSE_HOSTING_URL, options);
    guests.push(guest);
    return guest;
  };
}
