import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import supertest from 'supertest';
import type { Fetch } from '../../src/authn/oidc/fetch-json.ts';
import type { IssuerProfile } from '../../src/authn/oidc/issuer-profile.ts';
import { ALL_ROLES, type Role } from '../../src/authz/roles.ts';
import { loadConfig } from '../../src/config.ts';
import type { Clock } from '../../src/core/clock.ts';
import { createApp } from '../../src/http/app.ts';
import type { Log } from '../../src/platform/logging/log.ts';
import { watchAnswers } from './documented.ts';
import { openTestFirestore, type TestFirestore } from './firestore.ts';
import {
  ACCOUNTS_LOOKUP,
  fetchGoogleAt,
  type Google,
  type GoogleUser,
  mintIdToken,
  openGoogle,
  PROJECT,
} from './google.ts';
import { type LogLine, recordingLog } from './log.ts';
import { openInstance, rebind, type TestInstance } from './open-instance.ts';
import { type ProductFields, productOf } from './product.ts';
import { ORIGIN } from './session-browser.ts';

export { ORIGIN };

/** The HTTP API as in production, with one user of each role, in front of a fake Google on loopback. */

/** One test user of each role; `norole` is signed in and has no role. */
export const PEOPLE: readonly Person[] = ['norole', ...ALL_ROLES];
export type Person = 'norole' | Role;

/** Values in the accounts that no response may contain. */
export const SECRETS = [
  'PASSWORD-HASH',
  'PASSWORD-SALT',
  'provider-uid-4711',
  'stripe-cus-0815',
  'tier-gold',
];

export interface Api {
  readonly google: Google;
  /** Empty at first: directory entries are created on first use. */
  readonly firestore: TestFirestore;
  readonly deps: TestInstance;
  readonly port: number;
  /** The log lines so far, oldest first. */
  readonly lines: LogLine[];
  /** A client over HTTPS, signed in as `who`; without `who` it sends no token. */
  as(who?: Person): ReturnType<typeof supertest.agent>;
  /** The ID token of `who`. */
  token(who: Person): string;
  close(): Promise<void>;
}

interface Options {
  /** Environment variables that replace the defaults. */
  readonly env?: Readonly<Record<string, string>>;
  /** Fields of `gatehouse.config.ts` that replace the defaults of {@link productOf}. */
  readonly product?: ProductFields;
  /** Profiles that replace those of `product`, e.g. of issuers that use plain HTTP on loopback. */
  readonly trustedIssuers?: readonly IssuerProfile[];
  readonly log?: Log;
  readonly clock?: Clock;
  /** Fetches the keys of external issuers. */
  readonly fetch?: Fetch;
  /** Changes the wiring before the server starts, e.g. to break a service. */
  readonly rewire?: (deps: TestInstance) => TestInstance;
  /** Serves something other than the HTTP API on a plain server. */
  readonly serve?: (deps: TestInstance) => Server;
}

/** Opens an API with its own database and accounts. `close` it in `after`. */
export async function openApi({
  env,
  product,
  trustedIssuers,
  log,
  clock,
  fetch,
  rewire,
  serve,
}: Options = {}): Promise<Api> {
  const google = await openGoogle();
  const firestore = await openTestFirestore();
  serveAccounts(google);
  const recording = recordingLog();
  const settings = { GCLOUD_PROJECT: PROJECT, ALLOWED_ORIGINS: ORIGIN, ACCESS_CHANGE_MAX_AGE: '10', ...env };
  const config = { ...loadConfig(settings, productOf(product)), ...(trustedIssuers && { trustedIssuers }) };
  const wired = openInstance(config, {
    app: google.app,
    firestore: firestore.open,
    log: log ?? recording.log,
    ...(clock && { clock }),
    fetch: fetchGoogleAt(google.url, fetch),
  });
  const deps = rewire === undefined ? wired : rebind(wired, rewire(wired));
  const server = serve?.(deps) ?? watchAnswers(createServer(createApp(deps)), config.basePath);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  const tokens = new Map<Person, string>();
  for (const who of PEOPLE) {
    google.users.set(who, accountOf(who));
    tokens.set(who, await mintIdToken(claimsOf(who)));
  }
  const token = (who: Person) => tokens.get(who) ?? assert.fail(who);
  return {
    google,
    firestore,
    deps,
    port: (server.address() as AddressInfo).port,
    lines: recording.lines,
    as(who) {
      const agent = supertest.agent(server).set('X-Forwarded-Proto', 'https');
      return who === undefined ? agent : agent.set('Authorization', `Bearer ${token(who)}`);
    },
    token,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await google.close();
      await firestore.close();
    },
  };
}

/** Claims of a test user's ID token; they agree with {@link accountOf}. */
export function claimsOf(who: Person): Record<string, unknown> {
  return {
    sub: who,
    user_id: who,
    email: `${who}@example.com`,
    roles: rolesOf(who),
    rv: 1,
    tier: 'tier-gold',
  };
}

/** A test user's account as Firebase Auth stores it, with the secrets. */
export function accountOf(who: Person) {
  return {
    localId: who,
    email: `${who}@example.com`,
    emailVerified: true,
    displayName: `The ${who}`,
    passwordHash: 'PASSWORD-HASH',
    salt: 'PASSWORD-SALT',
    providerUserInfo: [
      { providerId: 'google.com', rawId: 'provider-uid-4711', federatedId: 'provider-uid-4711' },
    ],
    customAttributes: JSON.stringify({
      roles: rolesOf(who),
      rv: 1,
      stripe: 'stripe-cus-0815',
      tier: 'tier-gold',
    }),
  };
}

function rolesOf(who: Person): string[] {
  return who === 'norole' ? [] : [who];
}

/** A password link of Firebase Auth. */
export const INVITATION = 'https://shop.example.com/__/auth/action?mode=resetPassword&oobCode=OOB-CODE-4711';
const JSON_TYPE = { 'Content-Type': 'application/json' };

/** Serves Firebase Auth's account methods from `google.users`. */
export function serveAccounts(google: Google): void {
  const { users } = google;
  const found = (list: object[]) =>
    list.length > 0 ? { users: list.map((user) => ({ createdAt: '0', lastLoginAt: '0', ...user })) } : {};
  google.answer(ACCOUNTS_LOOKUP, (_req, body) => {
    const { localId = [], email = [] } = JSON.parse(body) as { localId?: string[]; email?: string[] };
    const all = [...users.values()];
    return found(all.filter((user) => localId.includes(user.localId) || isOneOf(email, user)));
  });
  google.answer(`/v1/projects/${PROJECT}/accounts`, (_req, body) => {
    const { email: address, ...fields } = JSON.parse(body) as GoogleUser;
    // Firebase Auth stores addresses in lower case.
    const user = { ...fields, email: address?.toLowerCase() ?? '' };
    if ([...users.values()].some(({ email }) => email === user.email)) {
      return (res) => res.writeHead(400, JSON_TYPE).end('{"error":{"message":"EMAIL_EXISTS"}}');
    }
    users.set(user.localId, user);
    return { localId: user.localId };
  });
  google.answer(accounts('sendOobCode'), (_req, body) => {
    const { continueUrl = '' } = JSON.parse(body) as { continueUrl?: string };
    return { oobLink: `${INVITATION}&continueUrl=${encodeURIComponent(continueUrl)}` };
  });
  google.answer(accounts('batchGet'), () => found([...users.values()]));
  google.answer(accounts('update'), (_req, body) => {
    const { localId, disableUser, ...change } = JSON.parse(body) as {
      localId: string;
      disableUser?: boolean;
    };
    const user = users.get(localId) ?? assert.fail(`update of ${localId}`);
    users.set(localId, { ...user, ...(disableUser !== undefined && { disabled: disableUser }), ...change });
    return { localId };
  });
  google.answer(accounts('delete'), (_req, body) => {
    users.delete((JSON.parse(body) as { localId: string }).localId);
    return {};
  });
}

/** Firebase Auth compares addresses in lower case. */
function isOneOf(addresses: readonly string[], { email = '' }: GoogleUser): boolean {
  return addresses.some((address) => address.toLowerCase() === email);
}

/** The path of an account method of Firebase Auth. */
export function accounts(method: 'lookup' | 'batchGet' | 'update' | 'delete' | 'sendOobCode'): string {
  return `/v1/projects/${PROJECT}/accounts:${method}`;
}

/** From now on Firebase Auth answers 500, which the SDK does not retry. */
export function breakFirebaseAuth(google: Google): void {
  for (const method of ['lookup', 'batchGet', 'update', 'delete'] as const) {
    google.answer(accounts(method), () => (res) => {
      res.writeHead(500, JSON_TYPE).end('{"error":{"message":"BACKEND_ERROR"}}');
    });
  }
}
