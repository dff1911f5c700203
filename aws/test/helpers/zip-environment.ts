import { createSigningPair, type SigningPair } from '../../../functions/test/helpers/signing.ts';
import type { RouteAccess } from '../../src/route-table.ts';
import { ISSUER_SETTING, signAccessToken } from './issuer.ts';
import { type KeyHost, openKeyHost } from './key-host.ts';
import { buildWith, type Lambda, startLambda, unpack } from './zip.ts';

export const ROUTES: readonly RouteAccess[] = [
  { method: 'GET', path: '/notes', access: { permission: 'notes:read' } },
  { method: 'POST', path: '/notes', access: { permission: 'notes:write' } },
  { method: 'GET', path: '/notes/{id}', access: { permission: 'notes:read' } },
  { method: 'DELETE', path: '/notes/{id}', access: { permission: 'notes:moderate' } },
  { method: 'GET', path: '/notes/{id}/reports', access: { permission: 'notes:moderate' } },
  { method: 'GET', path: '/audit', access: { permission: 'audit:read' } },
  { method: 'POST', path: '/users', access: { permission: 'users:write' } },
];

/** Unpacked zips in processes of their own. They fetch the keys of a local issuer over HTTPS. */
export interface ZipEnvironment {
  readonly keys: KeyHost;
  readonly pair: SigningPair;
  /** `Bearer` and a valid token, except for the given claims and header fields. */
  bearer(
    groups: readonly string[],
    claims?: Record<string, unknown>,
    header?: Record<string, unknown>,
  ): Promise<string>;
  /** A configuration that trusts this issuer. */
  configOf(routes: readonly RouteAccess[] | null): unknown;
  /** A process of its own; the caller stops it. */
  start(routes?: readonly RouteAccess[] | null): Promise<Lambda>;
  close(): Promise<void>;
}

export async function openZipEnvironment(): Promise<ZipEnvironment> {
  const keys = await openKeyHost();
  const pair = await createSigningPair('RS256', 'k1');
  keys.publish([pair.jwk]);
  const trustedIssuers = [{ ...ISSUER_SETTING, jwksUri: `${keys.url}keys` }];
  const unpacked = new Map<string, ReturnType<typeof unpack>>();

  async function folderOf(routes: readonly RouteAccess[] | null): Promise<string> {
    const key = JSON.stringify(routes);
    const zip = unpacked.get(key) ?? unpack((await buildWith({ trustedIssuers, routes })).zip);
    unpacked.set(key, zip);
    return zip.folder;
  }

  return {
    keys,
    pair,
    bearer: async (groups, claims, header) =>
      `Bearer ${await signAccessToken(pair, { groups, ...claims }, header)}`,
    configOf: (routes) => ({ trustedIssuers, routes }),
    start: async (routes = null) =>
      startLambda(await folderOf(routes), { NODE_EXTRA_CA_CERTS: keys.certificate }),
    async close() {
      await keys.close();
      for (const { remove } of unpacked.values()) remove();
    },
  };
}
