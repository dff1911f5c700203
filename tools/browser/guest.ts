import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { demoEmail } from '../seed.ts';

/** Reads what a page has stored: how many entries, which databases, and how many users in the SDK's own. */
const STORED = `(async () => {
  const databases = (await indexedDB.databases()).map(({ name }) => name)
    .filter((name) => !/heartbeat|validate/.test(name));
  const database = await new Promise((resolve, reject) => {
    const request = indexedDB.open('firebaseLocalStorageDb');
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const users = await new Promise((resolve, reject) => {
    const request = database.transaction('firebaseLocalStorage').objectStore('firebaseLocalStorage').getAllKeys();
    request.onsuccess = () => resolve(request.result.filter((key) => key.startsWith('firebase:authUser:')).length);
    request.onerror = () => reject(request.error);
  });
  database.close();
  return { local: localStorage.length, session: sessionStorage.length, databases, users };
})()`;

interface Stored {
  local: number;
  session: number;
  cookies: number;
  databases: string[];
  /** Users in the SDK's database. */
  users: number;
}

/** Somebody at a browser of their own, with what went wrong in it. */
export interface Guest {
  page: Page;
  context: BrowserContext;
  /** Errors on the console, uncaught ones, breaches of the page's policy, and requests that leave this machine. */
  troubles: string[];
  signInAs(role: string): Promise<void>;
  /** Tries a gate, by `METHOD /path`, and gives all that is to be read then. */
  tryGate(gate: string): Promise<string>;
  stored(): Promise<Stored>;
}

export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<Guest> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  context.setDefaultTimeout(20_000);
  const page = await context.newPage();
  const troubles = watch(page);
  await page.goto(url);

  return {
    page,
    context,
    troubles,
    async signInAs(role) {
      await page.getByRole('button', { name: new RegExp(`^${role} `) }).click();
      await page.locator('#who', { hasText: demoEmail(role) }).waitFor();
      await page.locator('#me-status.good').waitFor();
    },
    async tryGate(gate) {
      const item = page.locator(`[data-gate="${gate}"]`);
      await item.getByRole('button').click();
      await item.getByRole('button', { disabled: false }).waitFor();
      return ((await item.locator('.result').textContent()) ?? '').replace(/\s+/g, ' ');
    },
    async stored() {
      const cookies = (await context.cookies()).length;
      return { ...(await page.evaluate<Omit<Stored, 'cookies'>>(STORED)), cookies };
    },
  };
}

function watch(page: Page): string[] {
  const troubles: string[] = [];
  // The browser notes every refusal as an error. Refusals are what this page is about; a 5xx is none.
  const isRefusal = (text: string) => /^Failed to load resource: .* status of 4(00|01|03|09)\b/.test(text);
  page.on('console', (message) => {
    const isTrouble = ['error', 'warning'].includes(message.type()) && !isRefusal(message.text());
    if (isTrouble) troubles.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => troubles.push(`uncaught: ${error.message}`));
  page.on('request', (request) => {
    const { hostname, href } = new URL(request.url());
    if (hostname !== '127.0.0.1') troubles.push(`left this machine: ${href}`);
    if (/eyJ[\w-]+\./.test(href)) troubles.push(`a token in an address: ${href}`);
  });
  return troubles;
}
