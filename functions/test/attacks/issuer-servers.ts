import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Fetch } from '../../src/authn/oidc/fetch-json.ts';
import { createKey, publicJwk } from './signers.ts';
import { externalTokenKinds } from './token-kinds.ts';

export type Responder = (res: ServerResponse, req: IncomingMessage) => void;

export const respondJson =
  (value: unknown): Responder =>
  (res) =>
    void res.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(value));

interface LocalServer {
  readonly url: string;
  /** Path of every request so far, oldest first. */
  readonly requestedPaths: string[];
  close(): Promise<void>;
}

async function listen(respond: Responder): Promise<LocalServer> {
  const requestedPaths: string[] = [];
  const server = createServer((req, res) => {
    requestedPaths.push(req.url ?? '');
    respond(res, req);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requestedPaths,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The key endpoints of the external issuers. Tests cannot reach the real hosts: one server on loopback replaces them. */
export interface Issuers {
  readonly fetch: Fetch;
  /** Every URL that `fetch` was called with. */
  readonly requestedUrls: string[];
  /** By URL. Replace one to make an endpoint fail. */
  readonly responders: Map<string, Responder>;
  /** URL of the loopback server. */
  readonly url: string;
  close(): Promise<void>;
}

/** Further keys of each key set: for an algorithm confusion there is a key of the right type. */
export const spareKeys = [
  createKey('RSA', 'spare-rsa'),
  createKey('P-256', 'spare-p256'),
  createKey('P-384', 'spare-p384'),
  createKey('Ed25519', 'spare-ed'),
];

export async function openIssuers(): Promise<Issuers> {
  const responders = new Map<string, Responder>();
  for (const { issuer, key, keyUrls } of externalTokenKinds) {
    const jwksUri = keyUrls.at(-1) ?? '';
    responders.set(jwksUri, respondJson({ keys: [key, ...spareKeys].map(publicJwk) }));
    if (keyUrls.length > 1) responders.set(keyUrls[0] ?? '', respondJson({ issuer, jwks_uri: jwksUri }));
  }
  const server = await listen((res, req) => {
    const [, host, path] = /^\/([^/]+)(\/.*)$/.exec(req.url ?? '') ?? [];
    const respond = responders.get(`https://${host}${path}`);
    if (respond === undefined) res.writeHead(404).end();
    else respond(res, req);
  });
  const hosts = new Set([...responders.keys()].map((url) => new URL(url).host));
  const requestedUrls: string[] = [];
  return {
    ...server,
    responders,
    requestedUrls,
    fetch(url, init) {
      requestedUrls.push(url);
      const { protocol, host, pathname } = new URL(url);
      // Other URLs are not replaced, so that the attacker's server would record a request to it.
      const isIssuers = protocol === 'https:' && hosts.has(host);
      return globalThis.fetch(isIssuers ? `${server.url}/${host}${pathname}` : url, init);
    },
  };
}

/** The attacker's server: under every path an issuer's discovery document and a key set with the attacker's key. */
export interface Attacker extends LocalServer {
  readonly key: ReturnType<typeof createKey>;
}

export async function openAttacker(): Promise<Attacker> {
  const key = createKey('RSA', 'attacker');
  let url = '';
  const server = await listen((res) =>
    respondJson({ issuer: url, jwks_uri: `${url}/keys`, keys: [publicJwk(key)] })(res, res.req),
  );
  url = server.url;
  return { ...server, key };
}
