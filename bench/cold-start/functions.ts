import { mkdirSync, writeFileSync } from 'node:fs';
import { googleKey, mintIdToken, PROJECT, SERVICE_ACCOUNT } from '../../functions/test/helpers/google.ts';
import type { FunctionStart } from './measure-start.ts';

/** Local replacements for Google's services. */
export interface Backends {
  readonly google: number;
  readonly firestore: string;
  /** The ID token of a member. */
  readonly token: string;
}

const JSON_BODY = { 'content-type': 'application/json' };
const functionsSource = { source: 'functions' };

/** A minimal Firebase function. */
export const HELLO: FunctionStart = { source: 'bench/hello', target: 'hello', path: '/', status: 200 };
export const API: FunctionStart = { ...functionsSource, target: 'api', path: '/v1/health', status: 200 };

const callable = (target: string): FunctionStart => ({
  ...{ ...functionsSource, target, path: '/', body: { data: {} }, headers: JSON_BODY },
  // There is no token.
  status: 401,
});

/** A call with a valid token of Identity Platform, of a user who signs up or in. */
const blockingFunction = (target: string, jwt: string, env: FunctionStart['env']): FunctionStart => ({
  ...{ ...functionsSource, target, path: '/', body: { data: { jwt } }, headers: JSON_BODY, status: 200 },
  ...(env && { env }),
});

async function blockingToken(authEvent: 'beforeCreate' | 'beforeSignIn'): Promise<string> {
  return mintIdToken({
    ...{
      aud: 'https://gatehouse-bench.a.run.app',
      event_type: authEvent,
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

/** An event of Firebase Auth. The handler looks the user up in Firebase Auth. */
const event = (target: string, type: string, env: FunctionStart['env']): FunctionStart => ({
  ...{ ...functionsSource, target, signature: 'cloudevent', path: '/', status: 204 },
  ...(env && { env }),
  body: { uid: 'bob' },
  headers: {
    ...JSON_BODY,
    ...{ 'ce-specversion': '1.0', 'ce-id': '1', 'ce-type': `google.firebase.auth.user.v2.${type}` },
    ...{ 'ce-source': `//firebaseauth.googleapis.com/projects/${PROJECT}`, 'ce-subject': 'users/bob' },
  },
});

/** Writes the file of a fictitious service account: the SDK requests an access token with it before any other call. */
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

/** All functions of `functions/src/index.ts`; `api` and `getMyAccess` also with a token. */
export async function listFunctions(backends: Backends): Promise<Readonly<Record<string, FunctionStart>>> {
  const { google, firestore, token } = backends;
  const [signUp, signIn] = await Promise.all([blockingToken('beforeCreate'), blockingToken('beforeSignIn')]);
  const env = {
    NODE_OPTIONS: `--import=${new URL('redirect-google.mjs', import.meta.url).pathname}`,
    ...{ BENCH_GOOGLE_PORT: String(google), BENCH_FIRESTORE: firestore },
    GOOGLE_APPLICATION_CREDENTIALS: credentialsFile(),
  };
  const authorization = `Bearer ${token}`;
  return {
    'hello world': HELLO,
    api: API,
    'api, with token': { ...API, path: '/v1/me', headers: { authorization }, env },
    getMyAccess: callable('getMyAccess'),
    'getMyAccess, with token': {
      ...callable('getMyAccess'),
      ...{ headers: { ...JSON_BODY, authorization }, env, status: 200 },
    },
    listUsers: callable('listUsers'),
    setUserRoles: callable('setUserRoles'),
    revokeSessions: callable('revokeSessions'),
    beforeUserCreated: blockingFunction('beforeUserCreated', signUp, env),
    beforeUserSignedIn: blockingFunction('beforeUserSignedIn', signIn, env),
    onUserCreated: event('onUserCreated', 'created', env),
    onUserDeleted: event('onUserDeleted', 'deleted', env),
    reconcileAccess: { ...functionsSource, target: 'reconcileAccess', path: '/', body: {}, env, status: 200 },
  };
}
