import { fork } from 'node:child_process';
import { createPublicKey } from 'node:crypto';
import { once } from 'node:events';
import type { Fetch } from '../../functions/src/authn/oidc/fetch-json.ts';
import { certificates } from '../../functions/test/helpers/google.ts';

/** What is public of the key that every token of a run is signed with. */
export interface PublicKey {
  readonly kid: string;
  readonly publicPem: string;
}

/** As a key set publishes it (RFC 7517). */
export function toJwk({ kid, publicPem }: PublicKey) {
  const { n = '', e = '' } = createPublicKey(publicPem).export({ format: 'jwk' });
  return { kty: 'RSA', n, e, kid, alg: 'RS256', use: 'sig' } as const;
}

/** @property lookupDelay milliseconds that Firebase Auth takes to answer about an account */
export interface Published {
  readonly certificates: Readonly<Record<string, string>>;
  readonly jwks: { readonly keys: readonly object[] };
  readonly lookupDelay: number;
}

/** Google's hosts and other issuers' key endpoints on loopback, in a process of their own: their work is not the API's. */
export interface Outside {
  readonly port: number;
  /** Requests so far. */
  calls(): Promise<number>;
  stop(): void;
}

export async function startOutside(key: PublicKey, lookupDelay = 0): Promise<Outside> {
  const server = fork(new URL('outside-server.ts', import.meta.url));
  const published = {
    certificates: certificates([{ ...key }]),
    jwks: { keys: [toJwk(key)] },
    lookupDelay,
  } satisfies Published;
  const listening = once(server, 'message');
  server.send(published);
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

/** The global `fetch`, but every host is the one on this port. */
export const fetchAt =
  (port: number): Fetch =>
  (url, init) =>
    fetch(`http://127.0.0.1:${port}${new URL(url).pathname}`, init);
