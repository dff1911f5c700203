import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { BrowserContext, CDPSession, Page } from 'playwright-core';
import { generateSync } from '../../functions/node_modules/otplib/dist/index.js';
import { codeBlocks } from '../../functions/test/helpers/docs.ts';
import { bundle, filesOf } from './guide-bundles.ts';

/** A page that runs the code of docs/guides/mfa.md and docs/guides/passkeys.md, with their HTML. */

const GUIDES = ['docs/guides/mfa.md', 'docs/guides/passkeys.md'];

/** In place of `firebase/auth`: `getAuth` connects to the emulator. */
const firebaseAuth = (host: string) => `
import * as firebase from 'firebase/auth';
export * from 'firebase/auth';
export function getAuth(app) {
  const auth = firebase.getAuth(app);
  firebase.connectAuthEmulator(auth, 'http://${host}', { disableWarnings: true });
  return auth;
}`;

/** `gatehouse.js` of a page in cookie mode, as the guide says. */
const COOKIE_MODE = `
import { getAuth } from 'firebase/auth';
import { createClient } from '@gatehouse/client';
import { app } from './firebase.js';
import { askForFactor } from './ask-for-factor.js';
export const auth = getAuth(app);
export const gatehouse = createClient({ baseUrl: '/api/v1', cookie: true, onStepUp: askForFactor });`;

const PAGE = `
import * as firebase from 'firebase/auth';
import { showFactors } from './add-passkey.js';
import './authenticator-app.js';
import { auth, gatehouse } from './gatehouse.js';
import './passkey-sign-in.js';
import { signIn } from './sign-in.js';
globalThis.app = {
  auth, gatehouse, showFactors, signIn,
  signUp: (email, password) => firebase.createUserWithEmailAndPassword(auth, email, password),
  signInAtFirebase: (email, password) => firebase.signInWithEmailAndPassword(auth, email, password),
  signOut: () => firebase.signOut(auth),
};`;

/** @returns serves the page at \`/\`, and in cookie mode at \`/cookie\` */
export async function serveFactorPages(authHost: string) {
  const files = filesOf([...GUIDES, 'docs/guides/token-storage.md']).set('page.js', PAGE);
  const bundled = async (more: ReadonlyMap<string, string> = new Map()) =>
    (await bundle(new Map([...files, ...more]), ['page.js'], firebaseAuth(authHost))).get('page') ?? '';
  const scripts = new Map([
    ['/', await bundled()],
    ['/cookie', await bundled(new Map([['gatehouse.js', COOKIE_MODE]]))],
  ]);
  const html = GUIDES.flatMap(codeBlocks).filter(({ language }) => language === 'html');
  const body = html.map(({ code }) => code).join('');
  return ({ url = '' }: IncomingMessage, outgoing: ServerResponse): boolean => {
    const path = url.replace(/page\.js$/, '');
    const script = scripts.get(path);
    if (script === undefined) return false;
    const isPage = path === url;
    outgoing.setHeader('Content-Type', isPage ? 'text/html; charset=utf-8' : 'text/javascript');
    const tag = `<script type="module" src="${path}page.js"></script>`;
    outgoing.end(isPage ? `<!doctype html><title>app</title>${body}${tag}` : script);
    return true;
  };
}

export interface FactorPage {
  readonly page: Page;
  readonly email: string;
  /** Runs JavaScript in the page. `app` has the functions of the guides. */
  run<T>(code: string): Promise<T>;
  /** Adds an authenticator app. @returns its secret, and the recovery codes */
  addAuthenticatorApp(): Promise<{ readonly secret: string; readonly recoveryCodes: readonly string[] }>;
  addPasskey(): Promise<void>;
  /** Answers the dialog. @param button its value, @param code what to type */
  answer(button: 'code' | 'passkey' | '', code?: string): Promise<void>;
}

export const PASSWORD = 'correct horse';

/** The code of an authenticator app. @param seconds from now */
export function totpCode(secret: string, seconds = 0): string {
  return generateSync({ secret, epoch: Math.floor(Date.now() / 1000) + seconds });
}

/** Opens a page of `serveFactorPages`. @param url of it */
export async function openFactorPage(context: BrowserContext, url: string): Promise<FactorPage> {
  const page = await context.newPage();
  await page.goto(url);
  await page.waitForFunction('globalThis.app !== undefined');
  const run = <T>(code: string) => page.evaluate<T>(code);
  return {
    ...{ page, run, email: `${randomUUID()}@example.com` },
    async addAuthenticatorApp() {
      const form = page.locator('#authenticator-app');
      await form.getByRole('button', { name: 'Add an authenticator app' }).click();
      await form.getByRole('img').waitFor();
      const secret = (await form.locator('code').textContent()) ?? '';
      // Of the step before, so that the next proof needs no other step.
      await form.getByLabel('Code').fill(totpCode(secret, -30));
      await form.getByRole('button', { name: 'Confirm' }).click();
      const codes = form.locator('pre', { hasText: /\S/ });
      return { secret, recoveryCodes: ((await codes.textContent()) ?? '').split('\n') };
    },
    async addPasskey() {
      await page.getByRole('button', { name: 'Add a passkey' }).click();
      await page.locator('#factors li').first().waitFor();
    },
    async answer(button, code = '') {
      const dialog = page.locator('#step-up');
      await dialog.locator('input').fill(code);
      await dialog.locator(`button[value="${button}"]`).click();
    },
  };
}

/** An authenticator in the browser, with user verification, which confirms at once. */
export async function addAuthenticator(page: Page): Promise<CDPSession> {
  const session = await page.context().newCDPSession(page);
  await session.send('WebAuthn.enable');
  const options = {
    ...({ protocol: 'ctap2', transport: 'internal' } as const),
    ...{ hasResidentKey: true, hasUserVerification: true, isUserVerified: true },
    automaticPresenceSimulation: true,
  };
  await session.send('WebAuthn.addVirtualAuthenticator', { options });
  return session;
}
