import { createPublicKey, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Agent, type AgentOptions } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { type App, deleteApp, initializeApp } from 'firebase-admin/app';
import { SignJWT } from 'jose';
import type { Fetch } from '../../src/authn/oidc/fetch-json.ts';

/**
 * Google as production has it: real RS256 signatures by keys of our own, and a real HTTP server on loopback that
 * answers what firebase-admin asks of Google's hosts. Only those hosts, which cannot exist here, are played.
 */

export const PROJECT = 'gatehouse-test';
export const SERVICE_ACCOUNT = `api@${PROJECT}.iam.gserviceaccount.com`;
export const ISSUER = `https://securetoken.google.com/${PROJECT}`;
/** Where Gatehouse fetches the keys of ID tokens. */
export const KEYS = '/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com';
/** Where firebase-admin does. */
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

/** The key that Google serves unless told otherwise. */
export const googleKey = createSigningKey();

/** Claims of a good ID token, issued now. */
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

/** A signed ID token. A claim given as `undefined` is left out. */
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
  readonly disabled?: boolean;
  /** Seconds since the epoch, as text. */
  readonly validSince?: string;
  /** JSON text of the custom claims. */
  readonly customAttributes?: string;
}

type Answer = (req: IncomingMessage, body: string) => object | ((res: ServerResponse) => void);

export interface Google {
  /** Where its server really is. */
  readonly url: string;
  /** The global `fetch`, but Google’s keys are this server’s. */
  readonly fetch: Fetch;
  /** A Firebase app as in production, but for the credential and the road its requests take. */
  readonly app: App;
  /** Firebase Auth's accounts, by uid; change them as the test goes. */
  readonly users: Map<string, GoogleUser>;
  /** Every request so far, as `METHOD host/path`. */
  readonly requests: string[];
  /** How many requests went to a path that ends so. */
  count(pathEnd: string): number;
  /** Replaces the answer of a path: JSON to send, or a function that does with the response what it likes. */
  answer(path: string, answer: Answer): void;
  close(): Promise<void>;
}

/** Opens a Google of our own. `close` it in `after`. */
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

/** A Firebase app as in production, but for the credential and the road its requests take: all to a port on loopback. */
export function openAppAt(port: number, agent: AgentOptions = {}): App {
  const credential = { getAccessToken: async () => ({ access_token: 'test', expires_in: 3600 }) };
  return initializeApp(
    {
      ...{ projectId: PROJECT, credential, httpAgent: new LoopbackAgent(port, agent) },
      // In production the metadata server names it.
      serviceAccountId: SERVICE_ACCOUNT,
    },
    randomUUID(),
  );
}

export const ACCOUNTS_LOOKUP = `/v1/projects/${PROJECT}/accounts:lookup`;
const HEADERS = { 'Content-Type': 'application/json', 'Cache-Control': 'public, max-age=3600' };

/** `fetch` for which Google’s keys are at another address. */
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

/** The body of Google's certificate endpoint. */
export function certificates(keys: readonly Pick<SigningKey, 'kid' | 'publicPem'>[]): Record<string, string> {
  return Object.fromEntries(keys.map(({ kid, publicPem }) => [kid, publicPem]));
}

/** Takes every connection to our own server, whatever host it was meant for. TLS ends before it begins. */
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
