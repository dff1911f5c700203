import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSelfSigned } from '../../../functions/test/helpers/self-signed.ts';
import type { SigningPair } from '../../../functions/test/helpers/signing.ts';

/** The key endpoint of an issuer: a real HTTPS server on loopback. */
export interface KeyHost {
  /** `https://127.0.0.1:<port>/` */
  readonly url: string;
  /** File with its certificate, for NODE_EXTRA_CA_CERTS. */
  readonly certificate: string;
  /** Path of every request so far. */
  readonly requests: string[];
  publish(keys: readonly SigningPair['jwk'][]): void;
  /** From now on it answers 500. */
  fail(): void;
  close(): Promise<void>;
}

export async function openKeyHost(): Promise<KeyHost> {
  const scratch = mkdtempSync(join(tmpdir(), 'gatehouse-keys-'));
  const { key, cert } = createSelfSigned();
  const certificate = join(scratch, 'certificate.pem');
  writeFileSync(certificate, cert);
  const requests: string[] = [];
  let published: string | undefined;
  const server = createServer({ key, cert }, (req, res) => {
    requests.push(req.url ?? '');
    if (published === undefined) res.writeHead(500).end();
    else res.writeHead(200, { 'content-type': 'application/json' }).end(published);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `https://127.0.0.1:${port}/`,
    certificate,
    requests,
    publish(keys) {
      published = JSON.stringify({ keys });
    },
    fail() {
      published = undefined;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
      rmSync(scratch, { recursive: true });
    },
  };
}
