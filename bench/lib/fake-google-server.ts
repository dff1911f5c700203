import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CERTIFICATES } from '../../functions/test/helpers/google.ts';
import type { FakeGoogleData } from './fake-google.ts';

/** The process of fake-google.ts: serves Google's endpoints and other issuers' keys. */
const { certificates, jwks, lookupDelay } = await new Promise<FakeGoogleData>((resolve) =>
  process.once('message', resolve),
);
let calls = 0;

const server = createServer((req, res) => {
  calls++;
  let body = '';
  req.on('data', (chunk) => {
    body += chunk;
  });
  req.on('end', () => {
    const answer = responseFor((req.url ?? '').replace(/\?.*/, ''), body);
    const send = () => res.writeHead(200, HEADERS).end(JSON.stringify(answer));
    if (req.method === 'POST') setTimeout(send, lookupDelay);
    else send();
  });
}).listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));

// A client must not send on a connection that this side is closing: each measured instance fetches the keys once.
server.keepAliveTimeout = 600_000;

const HEADERS = { 'Content-Type': 'application/json', 'Cache-Control': 'public, max-age=3600' };

function responseFor(path: string, body: string): object {
  if (path === CERTIFICATES) return certificates;
  if (path === '/token') return { access_token: 'bench', expires_in: 3600, token_type: 'Bearer' };
  if (!path.endsWith('accounts:lookup')) return jwks;
  const { localId = [] } = JSON.parse(body) as { localId?: string[] };
  return {
    users: localId.map((uid) => ({ localId: uid, createdAt: '0', lastLoginAt: '0', validSince: '0' })),
  };
}

process.on('message', () => process.send?.({ calls }));
process.on('disconnect', () => process.exit());
