import { createPublicKey, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Agent, type AgentOptions } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { type App, deleteApp, initializeApp } from 'firebase-admin/app';
import { SignJWT } from 'jose';
import type { Fetch } from '../../src/authn/oidc/fetch-json.ts';

/**
 * A fake Google: RS256 signatures with keys made here, and an HTTP server on loopback that answers the requests
 * of firebase-admin to Google's hosts. Everything else is as in production.
 */

export const PROJECT = 'gatehouse-test';
export const SERVICE_ACCOUNT = `api@${PROJECT}.iam.gserviceaccount.com`;
export const ISSUER = `https://securetoken.google.com/${PROJECT}`;
/** The path at which Gatehouse fetches the keys of ID tokens. */
export const KEYS = '/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com';
/** The path at which firebase-admin fetches them. */
export const CERTIFICATES = '/robot/v1/metadata/x509/securetoken@system.gserviceaccount.com';

export interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  /** firebase-admin hands the text to `crypto.createPublicKey`, which takes a PEM key as well as a certificate. */
  readonly publicPem: string;
}

export function createSigningKey(
  kid: string = randomUUID().replaceAll('-', ''),
  modulusLength = 2048,
): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength });
  return { kid, privateKey, publicPem: publicKey.export({ type: 'spki', format: 'pem' }).toString() };
}

/** The key that the fake Google serves by default. */
export const googleKey = createSigningKey();

/** Claims of a valid ID token, issued 10 seconds ago. */
export function idTokenClaims(claims: Record<string, unknown> = {}): Record<string, unknown> {
  const now = Math.floor(Date.now() / 1000);
  return {
    iss: ISSUER,
    aud: PROJECT,
    sub: 'ada',
    user_id: 'ada',
    auth_time: now - 60,
    iat: now - 10,
    exp: now - 10 + 3600,
    email: 'ada@example.com',
    email_verified: true,
    firebase: { identities: {}, sign_in_provider: 'password' },
    ...claims,
  };
}

interface Signing {
  readonly key?: SigningKey;
  readonly header?: Record<string, unknown>;
}

/** A signed ID token. A claim with the value `undefined` is left out. */
export async function mintIdToken(
  claims: Record<string, unknown> = {},
  { key = googleKey, header }: Signing = {},
): Promise<string> {
  return new SignJWT(idTokenClaims(claims))
    .setProtectedHeader({ alg: 'RS256', kid: key.kid, typ: 'JWT', ...header })
    .sign(key.privateKey);
}

export interface GoogleUser {
  readonly localId: string;
  readonly email?: string;
  readonly emailVerified?: boolean;
  readonly providerUserInfo?: readonly { readonly providerId: string; readonly rawId: string }[];
  readonly disabled?: boolean;
  /** Enrolled second factors of Identity Platform. */
  readonly mfaInfo?: readonly object[];
  /** Seconds since the epoch, as text. */
  readonly validSince?: string;
  /** JSON text of the custom claims. */
  readonly customAttributes?: string;
}

type Answer = (req: IncomingMessage, body: string) => object | ((res: ServerResponse) => void);

export interface Google {
  /** The base URL of its server. */
  readonly url: string;
  /** The global `fetch`, but it gets Google’s keys from this server. */
  readonly fetch: Fetch;
  /** A Firebase app as in production, except for its credential and its HTTP agent. */
  readonly app: App;
  /** Firebase Auth's accounts, by uid. A test may change them. */
  readonly users: Map<string, GoogleUser>;
  /** All requests so far, as `METHOD host/path`. */
  readonly requests: string[];
  /** The number of requests to paths that end with this text. */
  count(pathEnd: string): number;
  /** Replaces the response of a path: JSON to send, or a function that handles the response. */
  answer(path: string, answer: Answer): void;
  close(): Promise<void>;
}

/** Opens a fake Google. `close` it in `after`. */
export async function openGoogle(): Promise<Google> {
  const users = new Map<string, GoogleUser>();
  const requests: string[] = [];
  const answers = new Map<string, Answer>();
  const server = createServer((req, res) => {
    const path = (req.url ?? '').replace(/\?.*/, '');
    requests.push(`${req.method} ${req.headers.host}${path}`);
    let body = '';
    req.on('data', (chunk) => {
      body += chunk;
    });
    req.on('end', () => {
      const answer = answers.get(path)?.(req, body);
      if (typeof answer === 'function') answer(res);
      else
        res
          .writeHead(answer ? 200 : 404, HEADERS)
          .end(JSON.stringify(answer ?? { error: { message: 'NOT_FOUND' } }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  answers.set(KEYS, () => keySet([googleKey]));
  answers.set(CERTIFICATES, () => certificates([googleKey]));
  answers.set(ACCOUNTS_LOOKUP, (_req, body) => {
    const { localId = [] } = JSON.parse(body) as { localId?: string[] };
    const found = localId.flatMap((uid) => users.get(uid) ?? []);
    return found.length === 0
      ? {}
      : { users: found.map((user) => ({ createdAt: '0', lastLoginAt: '0', ...user })) };
  });

  const app = openAppAt(port);
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    fetch: fetchGoogleAt(url),
    app,
    users,
    requests,
    count: (end) => requests.filter((request) => request.endsWith(end)).length,
    answer: (path, answer) => answers.set(path, answer),
    async close() {
      await deleteApp(app);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A Firebase app as in production, except for its credential; all its requests go to a port on loopback. */
export function openAppAt(port: number, agent: AgentOptions = {}): App {
  const credential = { getAccessToken: async () => ({ access_token: 'test', expires_in: 3600 }) };
  return initializeApp(
    {
      ...{ projectId: PROJECT, credential, httpAgent: new LoopbackAgent(port, agent) },
      // In production it comes from the metadata server.
      serviceAccountId: SERVICE_ACCOUNT,
    },
    randomUUID(),
  );
}

export const ACCOUNTS_LOOKUP = `/v1/projects/${PROJECT}/accounts:lookup`;
const HEADERS = { 'Content-Type': 'application/json', 'Cache-Control': 'public, max-age=3600' };

/** A `fetch` that gets Google’s keys from another address. */
export function fetchGoogleAt(url: string, others: Fetch = fetch): Fetch {
  return (asked, init) =>
    asked === `https://www.googleapis.com${KEYS}` ? fetch(`${url}${KEYS}`, init) : others(asked, init);
}

/** The body of Google's key endpoint (RFC 7517 §5). */
export function keySet(keys: readonly Pick<SigningKey, 'kid' | 'publicPem'>[]) {
  return {
    keys: keys.map(({ kid, publicPem }) => ({
      ...createPublicKey(publicPem).export({ format: 'jwk' }),
      ...{ kid, alg: 'RS256', use: 'sig' },
    })),
  };
}

/** The body of Google's certificates response. */
export function certificates(keys: readonly Pick<SigningKey, 'kid' | 'publicPem'>[]): Record<string, string> {
  return Object.fromEntries(keys.map(({ kid, publicPem }) => [kid, publicPem]));
}

/** Sends every connection to our server, without TLS, instead of to the host of the request. */
class LoopbackAgent extends Agent {
  readonly #port: number;
  constructor(port: number, options: AgentOptions) {
    super(options);
    this.#port = port;
  }
  override createConnection(): Socket {
    return connect(this.#port, '127.0.0.1');
  }
}
