import { findFreePorts, ISSUER_PORTS, type IssuerPorts } from '../lib/ports.ts';
import { type Auth0, startAuth0 } from './auth0.ts';
import { type Cognito, startCognito } from './cognito.ts';
import { AUDIENCE } from './local-issuer.ts';
import { type Oidc, type OidcAlgorithm, startOidc } from './oidc.ts';

interface Options {
  readonly ports: 'fixed' | 'free';
  readonly logFile: string;
  /** Signing algorithm of the OpenID provider's access tokens. */
  readonly algorithm?: OidcAlgorithm;
}

export interface LocalIssuers {
  readonly cognito: Cognito;
  readonly auth0: Auth0;
  readonly oidc: Oidc;
  /** The value of TRUSTED_ISSUERS that trusts all of them. */
  readonly trustedIssuers: string;
  stop(): Promise<void>;
}

/** Starts one issuer of each kind on loopback. They end with this process. */
export async function startIssuers({ ports, logFile, algorithm = 'RS256' }: Options): Promise<LocalIssuers> {
  const { cognito, auth0, oidc } = ports === 'fixed' ? ISSUER_PORTS : await pickPorts();
  const starting = [
    startCognito({ port: cognito, logFile }),
    startAuth0({ port: auth0 }),
    startOidc({ port: oidc, algorithm }),
  ] as const;
  const stop = async () => {
    const started = await Promise.allSettled(starting);
    await Promise.all(started.map((issuer) => issuer.status === 'fulfilled' && issuer.value.stop()));
  };
  try {
    const [cognito, auth0, oidc] = await Promise.all(starting);
    return { cognito, auth0, oidc, trustedIssuers: trust(cognito, auth0, oidc, algorithm), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Each issuer has a different claim mapping, as an example. */
function trust(cognito: Cognito, auth0: Auth0, oidc: Oidc, algorithm: OidcAlgorithm): string {
  const common = { jitProvisioning: true, tokenExchange: true };
  const pool = {
    ...{
      type: 'cognito',
      region: 'eu-west-1',
      userPoolId: cognito.userPoolId,
      clientIds: [cognito.clientId],
    },
    ...{ localUrl: cognito.url, map: { everyone: ['member'], groups: { helpers: ['support'] } } },
  };
  const tenant = {
    ...{ type: 'auth0', domain: 'gatehouse.eu.auth0.com', audience: AUDIENCE, localUrl: auth0.url },
    map: {
      permissions: {
        'read:notes': ['notes:read'],
        'write:notes': ['notes:write'],
        'read:users': ['users:read'],
      },
    },
  };
  const provider = {
    ...{ type: 'oidc', issuer: oidc.issuer, audience: AUDIENCE, algorithms: [algorithm] },
    map: {
      everyone: ['member'],
      claims: [{ path: ['realm_access', 'roles'], values: { helper: ['support'] } }],
      // Scopes limit what an app may do for a user, and are the only permissions of a machine client.
      scopes: Object.fromEntries(
        ['notes:read', 'notes:write', 'users:read'].map((scope) => [scope, [scope]]),
      ),
    },
  };
  return JSON.stringify([
    { ...pool, tokenUse: 'access', ...common },
    { ...pool, tokenUse: 'id', ...common },
    { ...tenant, ...common },
    { ...provider, ...common },
  ]);
}

async function pickPorts(): Promise<IssuerPorts> {
  const [cognito = 0, auth0 = 0, oidc = 0] = await findFreePorts(3);
  return { cognito, auth0, oidc };
}
