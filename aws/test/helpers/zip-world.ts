import { GATE_SETTING, signAccessToken } from '../helpers/gate.ts';
import { createSigningPair, type SigningPair } from '../helpers/signing.ts';
import { type KeyHost, openKeyHost } from './key-host.ts';
import { buildZip, type Lambda, startLambda, unpack } from './zip.ts';

export const ROUTES = [
  { method: 'GET', path: '/notes', access: 'notes:read' },
  { method: 'POST', path: '/notes', access: 'notes:write' },
  { method: 'GET', path: '/notes/{id}', access: 'notes:read' },
  { method: 'DELETE', path: '/notes/{id}', access: 'notes:moderate' },
  { method: 'GET', path: '/notes/{id}/reports', access: 'notes:moderate' },
  { method: 'GET', path: '/audit', access: 'audit:read' },
  { method: 'POST', path: '/users', access: 'users:write' },
] as const;

/** The unpacked zip, run beside an issuer whose keys it fetches over HTTPS. */
export interface World {
  readonly folder: string;
  readonly files: readonly string[];
  readonly zip: Buffer;
  readonly keys: KeyHost;
  readonly pair: SigningPair;
  /** `Bearer` and a token that is good, but for what is given. */
  bearer(
    groups: readonly string[],
    claims?: Record<string, unknown>,
    header?: Record<string, unknown>,
  ): Promise<string>;
  /** A process of its own; whoever starts it stops it. */
  start(settings?: { readonly routes?: unknown }): Promise<Lambda>;
  close(): Promise<void>;
}

let built: Buffer | undefined;

export async function openWorld(): Promise<World> {
  built ??= buildZip();
  const { folder, files, remove } = unpack(built);
  const keys = await openKeyHost();
  const pair = await createSigningPair('RS256', 'k1');
  keys.publish([pair.jwk]);
  const TRUSTED_ISSUERS = JSON.stringify([{ ...GATE_SETTING, jwksUri: `${keys.url}keys` }]);
  return {
    ...{ zip: built, folder, files, keys, pair },
    bearer: async (groups, claims, header) =>
      `Bearer ${await signAccessToken(pair, { groups, ...claims }, header)}`,
    start: ({ routes } = {}) =>
      startLambda(folder, {
        TRUSTED_ISSUERS,
        NODE_EXTRA_CA_CERTS: keys.certificate,
        ...(routes !== undefined && { ROUTES: JSON.stringify(routes) }),
      }),
    async close() {
      await keys.close();
      remove();
    },
  };
}
