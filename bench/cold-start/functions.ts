import { mkdirSync, writeFileSync } from 'node:fs';
import { googleKey, mintIdToken, PROJECT, SERVICE_ACCOUNT } from '../../functions/test/helpers/google.ts';
import type { Start } from './start.ts';

/** Where those that ask somebody are led. */
export interface Outer {
  readonly google: number;
  readonly firestore: string;
  /** A member's. */
  readonly token: string;
}

const JSON_BODY = { 'content-type': 'application/json' };
const ours = { source: 'functions' };

/** The least that a Firebase function can be. */
export const HELLO: Start = { source: 'bench/hello', target: 'hello', path: '/', status: 200 };
export const API: Start = { ...ours, target: 'api', path: '/v1/health', status: 200 };

const callable = (target: string): Start => ({
  ...{ ...ours, target, path: '/', body: { data: {} }, headers: JSON_BODY },
  // Nobody is signed in: the guard says so.
  status: 401,
});

/** With a token of Identity Platform: a good one, of somebody who signs up or in. */
const blocking = (target: string, jwt: string, env: Start['env']): Start => ({
  ...{ ...ours, target, path: '/', body: { data: { jwt } }, headers: JSON_BODY, status: 200 },
  ...(env && { env }),
});

async function blockingToken(event: 'beforeCreate' | 'beforeSignIn'): Promise<string> {
  return mintIdToken({
    ...{
      aud: 'https://gatehouse-bench.a.run.app',
      event_type: event,
      event_id: 'e',
      ip_address: '127.0.0.1',
    },
    ...{
      sub: 'ada',
      user_record: {
        uid: 'ada',
        email: 'ada@example.com',
        email_verified: true,
        metadata: {},
        provider_data: [],
      },
    },
    ...{ user_agent: 'bench', sign_in_method: 'password' },
  });
}

/** An event of Firebase Auth, of a user whom the handler asks Firebase Auth about. */
const event = (target: string, type: string, env: Start['env']): Start => ({
  ...{ ...ours, target, signature: 'cloudevent', path: '/', status: 204 },
  ...(env && { env }),
  body: { uid: 'nobody' },
  headers: {
    ...JSON_BODY,
    ...{ 'ce-specversion': '1.0', 'ce-id': '1', 'ce-type': `google.firebase.auth.user.v2.${type}` },
    ...{ 'ce-source': `//firebaseauth.googleapis.com/projects/${PROJECT}`, 'ce-subject': 'users/nobody' },
  },
});

/** A service account of nobody, as a file: the SDK asks for an access token with it before it asks anything else. */
function credentialsFile(): string {
  const folder = new URL('../.cache/', import.meta.url);
  mkdirSync(folder, { recursive: true });
  const file = new URL('service-account.json', folder).pathname;
  const account = {
    ...{ type: 'service_account', project_id: PROJECT, client_email: SERVICE_ACCOUNT },
    private_key: googleKey.privateKey.export({ type: 'pkcs8', format: 'pem' }),
  };
  writeFileSync(file, JSON.stringify(account), { mode: 0o600 });
  return file;
}

/** Every function of `functions/src/index.ts`, and the API's first answer to a token. */
export async function functionsUnder(outer: Outer): Promise<Readonly<Record<string, Start>>> {
  const { google, firestore, token } = outer;
  const [signUp, signIn] = await Promise.all([blockingToken('beforeCreate'), blockingToken('beforeSignIn')]);
  const env = {
    NODE_OPTIONS: `--import=${new URL('play-google.mjs', import.meta.url).pathname}`,
    ...{ BENCH_GOOGLE_PORT: String(google), BENCH_FIRESTORE: firestore },
    GOOGLE_APPLICATION_CREDENTIALS: credentialsFile(),
  };
  const authorization = `Bearer ${token}`;
  return {
    'hello world': HELLO,
    api: API,
    'api, a token': { ...API, path: '/v1/me', headers: { authorization }, env },
    getMyAccess: callable('getMyAccess'),
    'getMyAccess, a token': {
      ...callable('getMyAccess'),
      ...{ headers: { ...JSON_BODY, authorization }, env, status: 200 },
    },
    listUsers: callable('listUsers'),
    setUserRoles: callable('setUserRoles'),
    revokeSessions: callable('revokeSessions'),
    beforeUserCreated: blocking('beforeUserCreated', signUp, env),
    beforeUserSignedIn: blocking('beforeUserSignedIn', signIn, env),
    onUserCreated: event('onUserCreated', 'created', env),
    onUserDeleted: event('onUserDeleted', 'deleted', env),
    reconcileAccess: { ...ours, target: 'reconcileAccess', path: '/', body: {}, env, status: 200 },
  };
}
