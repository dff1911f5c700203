import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Fetch } from '../../src/authn/oidc/fetch-json.ts';

type Answer = (req: IncomingMessage, res: ServerResponse) => void;

/** The JWKS endpoints of any number of issuers: an HTTP server on loopback, reached through the real `fetch`. */
export interface KeyServer {
  /** The global `fetch`, but it sends the requests to every host to this server. */
  readonly fetch: Fetch;
  /** `host/path` of all requests so far. */
  readonly requests: string[];
  /** From now on every response is 200 with this JSON. */
  publish(document: unknown): void;
  /** From now on `answer` handles every request. */
  answer(answer: Answer): void;
  close(): Promise<void>;
}

export async function openKeyServer(): Promise<KeyServer> {
  const requests: string[] = [];
  let current: Answer = (_req, res) => void res.writeHead(404).end();
  const server = createServer((req, res) => {
    requests.push(`${req.headers['x-asked-host']}${req.url}`);
    current(req, res);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    requests,
    fetch(url, { headers, ...init }) {
      const { host, pathname, search } = new URL(url);
      return fetch(`http://127.0.0.1:${port}${pathname}${search}`, {
        ...init,
        headers: { ...headers, 'x-asked-host': host },
      });
    },
    publish: (document) => {
      current = (_req, res) => {
        res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(document));
      };
    },
    answer: (answer) => {
      current = answer;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
