import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import * as client from 'firebase/app';
import { type Auth, connectAuthEmulator, getAuth, signInWithEmailAndPassword } from 'firebase/auth';
import { connectFunctionsEmulator, type Functions, getFunctions } from 'firebase/functions';
import * as admin from 'firebase-admin/app';
import * as adminAuth from 'firebase-admin/auth';
import { after } from 'mocha';
import type { Role } from '../../src/authz/roles.ts';
import { loadConfig } from '../../src/config.ts';
import { mismatchOf } from './documented.ts';
import { silentLog } from './log.ts';
import { openInstance, type TestInstance } from './open-instance.ts';

/** The running emulators that `tools/test.ts` started, reached with the client SDKs and over HTTP, as users do. */

function setting(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: these tests need the emulators, run \`npm test\`.`);
  return value;
}

export const HOSTING_URL = setting('GATEHOUSE_HOSTING_URL');
export const FUNCTIONS_URL = setting('GATEHOUSE_FUNCTIONS_URL');
export const PROJECT = setting('GCLOUD_PROJECT');
/** Read by firebase-admin, too. */
export const AUTH_HOST = setting('FIREBASE_AUTH_EMULATOR_HOST');

export const PASSWORD = 'correct horse';
export const adminApp = admin.initializeApp({ projectId: PROJECT }, randomUUID());
/** Firebase Auth of the project, through the Admin SDK. */
export const authAdmin = adminAuth.getAuth(adminApp);
/** An instance in this process, to set up directory entries and to read them back. */
export const localInstance = openLocalInstance(PROJECT, adminApp);

const clients: client.FirebaseApp[] = [];
after('close the Firebase apps', async () => {
  await Promise.all(clients.map((app) => client.deleteApp(app)));
  await admin.deleteApp(adminApp);
});

function openLocalInstance(projectId: string, app: admin.App): TestInstance {
  const env = { ...process.env, GCLOUD_PROJECT: projectId, FUNCTIONS_EMULATOR: 'true' };
  return openInstance(loadConfig(env), { app, log: silentLog });
}

export function uniqueEmail(domain = 'example.com'): string {
  return `${randomUUID()}@${domain}`;
}

interface NewUser {
  readonly email?: string;
  /** Custom claims besides the roles. */
  readonly claims?: Record<string, unknown>;
}

export interface Person {
  readonly uid: string;
  readonly email: string;
}

/**
 * A user with these roles at version 1, with a directory entry. It is imported, because a created user gets the default
 * role a moment later.
 */
export async function makeUser(roles: readonly Role[], options: NewUser = {}): Promise<Person> {
  const { email = uniqueEmail(), claims = {} } = options;
  const uid = randomUUID();
  const customClaims = { ...claims, roles, rv: 1 };
  const { errors } = await authAdmin.importUsers([{ uid, email, emailVerified: true, customClaims }]);
  if (errors[0] !== undefined) throw errors[0].error;
  await authAdmin.updateUser(uid, { password: PASSWORD });
  await localInstance.users.get(uid); // provisions the entry
  return { uid, email };
}

/** A browser tab or an app, with at most one signed-in user. */
export interface Client {
  readonly auth: Auth;
  readonly functions: Functions;
  /** @param refresh request a new token */
  token(refresh?: boolean): Promise<string>;
}

export function openClient(): Client {
  const app = client.initializeApp({ apiKey: 'emulator', projectId: PROJECT }, randomUUID());
  clients.push(app);
  const auth = getAuth(app);
  connectAuthEmulator(auth, `http://${AUTH_HOST}`, { disableWarnings: true });
  const functions = getFunctions(app);
  const { hostname, port } = new URL(FUNCTIONS_URL);
  connectFunctionsEmulator(functions, hostname, Number(port));
  return {
    auth,
    functions,
    async token(refresh = false) {
      if (auth.currentUser === null) throw new Error('No user is signed in.');
      return auth.currentUser.getIdToken(refresh);
    },
  };
}

export async function signIn(email: string, password: string = PASSWORD): Promise<Client> {
  const opened = openClient();
  await signInWithEmailAndPassword(opened.auth, email, password);
  return opened;
}

/** A new user with these roles, signed in. */
export async function makeSignedIn(
  roles: readonly Role[],
  options?: NewUser,
): Promise<Person & Client & { readonly idToken: string }> {
  const person = await makeUser(roles, options);
  const opened = await signIn(person.email);
  return { ...person, ...opened, idToken: await opened.token() };
}

interface ApiRequest {
  readonly token?: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  // The assertions say what the response should be.
  // biome-ignore lint/suspicious/noExplicitAny: untyped JSON
  readonly body: any;
}

/** Sends a request through Hosting. @param route e.g. `GET /users` */
export async function api(route: string, { token, body, headers }: ApiRequest = {}): Promise<ApiAnswer> {
  const [method = '', path = ''] = route.split(' ');
  const response = await fetch(`${HOSTING_URL}/api/v1${path}`, {
    method,
    headers: {
      ...(token !== undefined && { Authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const contentType = response.headers.get('Content-Type') ?? '';
  const answer = { method, url: `/v1${path}`, status: response.status, contentType, text };
  assert.equal(mismatchOf(answer), undefined);
  const json = /[/+]json\b/.test(contentType);
  return { status: response.status, headers: response.headers, body: json ? JSON.parse(text) : text };
}

/** Repeats `probe` until it returns something other than undefined. */
export async function until<T>(
  what: string,
  probe: () => Promise<T | undefined>,
  deadlineMs = 10_000,
): Promise<T> {
  const deadline = Date.now() + deadlineMs;
  for (;;) {
    const found = await probe();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`Not within ${deadlineMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/**
 * Repeats the request until the response is 401. On any instance, that takes no longer than
 * ACCESS_CHANGE_MAX_AGE (1 second here); a busy machine may need more.
 */
export function untilRefused(route: string, token: string): Promise<ApiAnswer> {
  return until(`${route} to be refused`, async () => {
    const answer = await api(route, { token });
    return answer.status === 401 ? answer : undefined;
  });
}

/** Sets the grants of a user. @param version the version of the grants that the caller has read */
export function setRoles(
  token: string,
  uid: string,
  grants: readonly (Role | { role: Role; expiresAt?: string; reason?: string })[],
  version = 1,
): Promise<ApiAnswer> {
  const whole = grants.map((grant) => (typeof grant === 'string' ? { role: grant } : grant));
  return api(`PUT /users/${uid}/roles`, { token, body: { grants: whole, version } });
}

/** Status and error code of a response, e.g. `404 not_found`. */
export function outcome({ status, body }: ApiAnswer): string {
  return body?.code === undefined ? String(status) : `${status} ${body.code}`;
}

/** An unsigned token, which the Auth emulator accepts. */
export function forgeToken(uid: string, project: string, claims: Record<string, unknown> = {}): string {
  const now = Math.floor(Date.now() / 1000);
  const payload = {
    iss: `https://securetoken.google.com/${project}`,
    aud: project,
    sub: uid,
    user_id: uid,
    auth_time: now,
    iat: now,
    exp: now + 3600,
    firebase: { identities: {}, sign_in_provider: 'password' },
    ...claims,
  };
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none', typ: 'JWT' })}.${part(payload)}.`;
}
