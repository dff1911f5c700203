import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { initializeApp } from 'firebase-admin/app';
import { getAuth } from 'firebase-admin/auth';
import { verifySession } from './gatehouse.js';
import { homePage, messagePage, signInPage, usersPage } from './pages.js';

/** A server that renders a page for each user. The session cookie was set by the API, on a host of the same domain. */

const { PORT = '8080', API_URL = '', FIREBASE_API_KEY = '', FIREBASE_AUTH_EMULATOR_HOST } = process.env;

initializeApp();

/** For the scripts of the pages. */
const SETTINGS = {
  api: API_URL,
  apiKey: FIREBASE_API_KEY,
  authEmulator: FIREBASE_AUTH_EMULATOR_HOST && `http://${FIREBASE_AUTH_EMULATOR_HOST}`,
};
const AUTH =
  SETTINGS.authEmulator ?? 'https://identitytoolkit.googleapis.com https://securetoken.googleapis.com';
const SCRIPTS = new Map(
  ['/browser.js', '/sign-in.js'].map((path) => [
    path,
    readFileSync(new URL(`.${path}`, import.meta.url), 'utf8'),
  ]),
);

const HEADERS = {
  // A page of one user must not be stored in a CDN.
  'Cache-Control': 'private, no-store',
  'Content-Security-Policy': [
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "script-src 'self' https://www.gstatic.com",
    `connect-src ${new URL(API_URL).origin} ${AUTH}`,
  ].join('; '),
  'X-Content-Type-Options': 'nosniff',
};

const HTML = 'text/html; charset=utf-8';

/** @returns status, body and its type */
async function answer({ method, url, headers }) {
  const path = url.split('?')[0];
  if (method !== 'GET' && method !== 'HEAD')
    return [405, messagePage('Not allowed', 'Pages are read with GET.')];
  if (SCRIPTS.has(path)) return [200, SCRIPTS.get(path), 'text/javascript; charset=utf-8'];
  if (path !== '/' && path !== '/users') return [404, messagePage('Not found', 'There is no such page.')];

  const user = await verifySession(headers.cookie);
  if (user === null) return [401, signInPage(SETTINGS)];
  if (path === '/') return [200, homePage(user, SETTINGS)];
  // The Admin SDK reads everything: the page decides.
  if (!user.permissions.includes('users:read'))
    return [403, messagePage('No access', 'Ask an owner for a role.')];
  const { users } = await getAuth().listUsers(100);
  return [200, usersPage(users.map(({ email, uid }) => email ?? uid))];
}

createServer(async (request, response) => {
  const [status, body, type = HTML] = await answer(request).catch((error) => {
    console.error(error);
    return [503, messagePage('Not available', 'Try again in a moment.')];
  });
  response.writeHead(status, { ...HEADERS, 'Content-Type': type }).end(body);
}).listen(Number(PORT), () => console.log(`Listening on port ${PORT}`));
