import { fork } from 'node:child_process';
import { createPublicKey } from 'node:crypto';
import { once } from 'node:events';
import type { Fetch } from '../../functions/src/authn/oidc/fetch-json.ts';
import type { SigningKey } from '../../functions/test/helpers/google.ts';
import { googleCertificates } from './google-certificates.ts';

/** The public key of all tokens in a run. */
export interface PublicKey {
  readonly kid: string;
  readonly publicPem: string;
}

/** Converts a public key to a JWK (RFC 7517). */
export function toJwk({ kid, publicPem }: PublicKey) {
  const { n = '', e = '' } = createPublicKey(publicPem).export({ format: 'jwk' });
  return { kty: 'RSA', n, e, kid, alg: 'RS256', use: 'sig' } as const;
}

/** @property lookupDelay milliseconds until the response of an account look-up */
export interface FakeGoogleData {
  readonly certificates: Readonly<Record<string, string>>;
  readonly jwks: { readonly keys: readonly object[] };
  readonly lookupDelay: number;
}

/** A fake of Google's hosts and other issuers' key endpoints. Its process is separate: its CPU time is not the server's. */
export interface FakeGoogle {
  readonly port: number;
  /** The number of requests since the start. */
  calls(): Promise<number>;
  stop(): void;
}

export async function startFakeGoogle(key: SigningKey, lookupDelay = 0): Promise<FakeGoogle> {
  const server = fork(new URL('fake-google-server.ts', import.meta.url));
  const data = {
    certificates: googleCertificates([key]),
    jwks: { keys: [toJwk(key)] },
    lookupDelay,
  } satisfies FakeGoogleData;
  const listening = once(server, 'message');
  server.send(data);
  const [{ port }] = (await listening) as [{ port: number }];
  return {
    port,
    async calls() {
      const answered = once(server, 'message');
      server.send('calls');
      const [{ calls }] = (await answered) as [{ calls: number }];
      return calls;
    },
    stop: () => {
      server.kill();
    },
  };
}

/** A `fetch` that sends requests for all hosts to a port on loopback. */
export const createLoopbackFetch =
  (port: number): Fetch =>
  (url, init) =>
    fetch(`http://127.0.0.1:${port}${new URL(url).pathname}`, init);
