import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { demoEmail } from '../seed.ts';

/** Reads what a page has stored: the number of entries, the databases, and the users in the SDK's database. */
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

/** The page in a browser context of its own. */
export interface UserPage {
  page: Page;
  context: BrowserContext;
  /** Console errors, uncaught errors, violations of the CSP, and requests that leave this machine. */
  problems: string[];
  signInAs(role: string): Promise<void>;
  /** Tries an endpoint, e.g. `GET /users`. @returns the text of its result */
  tryEndpoint(endpoint: string): Promise<string>;
  stored(): Promise<Stored>;
}

export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<UserPage> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  context.setDefaultTimeout(20_000);
  const page = await context.newPage();
  const problems = watch(page);
  await page.goto(url);

  return {
    page,
    context,
    problems,
    async signInAs(role) {
      await page.getByRole('button', { name: new RegExp(`^${role} `) }).click();
      await page.locator('#who', { hasText: demoEmail(role) }).waitFor();
      await page.locator('#me-status.good').waitFor();
    },
    async tryEndpoint(endpoint) {
      const item = page.locator(`[data-endpoint="${endpoint}"]`);
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
  const problems: string[] = [];
  // The browser logs every 4xx response as an error. The page shows refusals on purpose; a 5xx is a problem.
  const isRefusal = (text: string) => /^Failed to load resource: .* status of 4(00|01|03|09)\b/.test(text);
  page.on('console', (message) => {
    const isProblem = ['error', 'warning'].includes(message.type()) && !isRefusal(message.text());
    if (isProblem) problems.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => problems.push(`uncaught: ${error.message}`));
  page.on('request', (request) => {
    const { hostname, href } = new URL(request.url());
    if (!['127.0.0.1', 'localhost'].includes(hostname)) problems.push(`left this machine: ${href}`);
    if (/eyJ[\w-]+\./.test(href)) problems.push(`a token in a URL: ${href}`);
  });
  return problems;
}
