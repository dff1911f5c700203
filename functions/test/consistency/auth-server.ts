import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { compileRoleClaims } from '../../src/authz/role-claims.ts';
import type { DirectoryEntry } from '../../src/directory/entry.ts';
import { googleKey, KEYS, keySet } from '../helpers/google.ts';

/** An account with the field names of Firebase Auth's REST API. */
export interface StoredAccount {
  readonly localId: string;
  readonly email?: string;
  readonly emailVerified?: boolean;
  readonly providerUserInfo?: readonly { readonly providerId: string; readonly rawId: string }[];
  readonly disabled?: boolean;
  /** Seconds since the epoch, as text. */
  readonly validSince?: string;
  /** JSON text of the custom claims. */
  readonly customAttributes?: string;
}

export type Accounts = Map<string, StoredAccount>;

/** Run around each call: to hold it, to count it, or never to answer it. */
export interface AuthHooks {
  readonly beforeCall?: (method: string) => void | Promise<void>;
  /** After the effect, before the response. */
  readonly afterCall?: (method: string) => void | Promise<void>;
  /** The second of a revocation, in place of the one in the request. */
  readonly revokedAt?: () => number;
}

export interface AuthServer {
  readonly port: number;
  accounts: Accounts;
  close(): Promise<void>;
}

/**
 * Firebase Auth as an HTTP server for several processes, under the paths of Google's host and under those of the
 * emulator. Like the real one, it has no compare-and-set.
 */
export async function openAuthServer(
  { beforeCall, afterCall, revokedAt }: AuthHooks = {},
  initial: Accounts = new Map(),
): Promise<AuthServer> {
  const server = createServer((req, res) => {
    let body = '';
    req.on('data', (chunk) => {
      body += chunk;
    });
    req.on('end', async () => {
      const path = (req.url ?? '').replace(/\?.*/, '');
      const method = path.split('accounts:')[1];
      await (method && beforeCall?.(method));
      const answer = path === KEYS ? keySet([googleKey]) : handle(method, body);
      await (method && afterCall?.(method));
      res.writeHead(200, HEADERS).end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  function handle(method: string | undefined, body: string): object {
    const { localId, disableUser, ...change } = JSON.parse(body);
    const { accounts } = opened;
    switch (method) {
      case 'lookup': {
        const users = localId.flatMap((uid: string) => accounts.get(uid) ?? []);
        return users.length === 0
          ? {}
          : { users: users.map((user: StoredAccount) => ({ ...TIMES, ...user })) };
      }
      case 'update': {
        const account = accounts.get(localId) ?? assert.fail(`update of ${localId}`);
        const disabled = disableUser === undefined ? {} : { disabled: disableUser };
        const validSince = change.validSince && revokedAt ? { validSince: String(revokedAt()) } : {};
        accounts.set(localId, { ...account, ...disabled, ...change, ...validSince });
        return { localId };
      }
      case 'delete':
        accounts.delete(localId);
        return {};
      default:
        return assert.fail(`accounts:${method}`);
    }
  }

  const opened: AuthServer = {
    port: (server.address() as AddressInfo).port,
    accounts: initial,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return opened;
}

const TIMES = { createdAt: '0', lastLoginAt: '0' };
const HEADERS = { 'Content-Type': 'application/json', 'Cache-Control': 'public, max-age=3600' };

/** The account of an entry, in sync with it. `tier` stands for a claim that Gatehouse does not manage. */
export function syncedAccount({
  uid,
  grants,
  rolesVersion,
  disabled,
  validAfter,
}: DirectoryEntry): StoredAccount {
  return {
    localId: uid,
    email: `${uid}@example.com`,
    emailVerified: true,
    providerUserInfo: [{ providerId: 'password', rawId: `${uid}@example.com` }],
    disabled,
    validSince: String(validAfter),
    customAttributes: JSON.stringify({ tier: 'gold', ...compileRoleClaims(grants, rolesVersion, 0) }),
  };
}
