import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Fetch } from '../../src/authn/oidc/fetch-json.ts';
import { external } from './issuer-kinds.ts';
import { createKey, publicJwk } from './signers.ts';

export type Answer = (res: ServerResponse, req: IncomingMessage) => void;

export const json =
  (value: unknown): Answer =>
  (res) =>
    void res.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(value));

interface LocalServer {
  readonly url: string;
  /** Paths asked for, oldest first. */
  readonly asked: string[];
  close(): Promise<void>;
}

async function listen(answer: Answer): Promise<LocalServer> {
  const asked: string[] = [];
  const server = createServer((req, res) => {
    asked.push(req.url ?? '');
    answer(res, req);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The real issuers' key endpoints. Their hosts cannot exist here, so one server on loopback plays them all. */
export interface Issuers {
  readonly fetch: Fetch;
  /** Every URL that `fetch` was called with. */
  readonly asked: string[];
  /** By URL; change them to make an endpoint fail. */
  readonly answers: Map<string, Answer>;
  /** Where requests to them really go. */
  readonly url: string;
  close(): Promise<void>;
}

/** Keys that a set may hold besides the one in use: with them a confusion of algorithms would find what it needs. */
export const spareKeys = [
  createKey('RSA', 'spare-rsa'),
  createKey('P-256', 'spare-p256'),
  createKey('P-384', 'spare-p384'),
  createKey('Ed25519', 'spare-ed'),
];

export async function openIssuers(): Promise<Issuers> {
  const answers = new Map<string, Answer>();
  for (const { issuer, key, fetches } of external) {
    const jwksUri = fetches.at(-1) ?? '';
    answers.set(jwksUri, json({ keys: [key, ...spareKeys].map(publicJwk) }));
    if (fetches.length > 1) answers.set(fetches[0] ?? '', json({ issuer, jwks_uri: jwksUri }));
  }
  const server = await listen((res, req) => {
    const [, host, path] = /^\/([^/]+)(\/.*)$/.exec(req.url ?? '') ?? [];
    const answer = answers.get(`https://${host}${path}`);
    if (answer === undefined) res.writeHead(404).end();
    else answer(res, req);
  });
  const hosts = new Set([...answers.keys()].map((url) => new URL(url).host));
  const asked: string[] = [];
  return {
    ...server,
    answers,
    asked,
    fetch(url, init) {
      asked.push(url);
      const { protocol, host, pathname } = new URL(url);
      // Whatever is no issuer's is really asked for: an attacker's server would show it.
      const isIssuers = protocol === 'https:' && hosts.has(host);
      return globalThis.fetch(isIssuers ? `${server.url}/${host}${pathname}` : url, init);
    },
  };
}

/** What an attacker offers: keys that would verify, under every path, and an issuer's document that names them. */
export interface Attacker extends LocalServer {
  readonly key: ReturnType<typeof createKey>;
}

export async function openAttacker(): Promise<Attacker> {
  const key = createKey('RSA', 'attacker');
  let url = '';
  const server = await listen((res) =>
    json({ issuer: url, jwks_uri: `${url}/keys`, keys: [publicJwk(key)] })(res, res.req),
  );
  url = server.url;
  return { ...server, key };
}
