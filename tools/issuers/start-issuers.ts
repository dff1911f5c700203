import type { Permission } from '../../functions/src/authz/permissions.ts';
import type { Role } from '../../functions/src/authz/roles.ts';
import { auth0, cognito, type IssuerSetting, oidc } from '../../functions/src/core/gatehouse-config.ts';
import { findFreePorts, ISSUER_PORTS, type IssuerPorts } from '../lib/ports.ts';
import { type Auth0, startAuth0 } from './auth0.ts';
import { type Cognito, startCognito } from './cognito.ts';
import { AUDIENCE } from './local-issuer.ts';
import { type Oidc, type OidcAlgorithm, startOidc } from './oidc.ts';

type TrustedIssuer = IssuerSetting<Permission | Role>;

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
  /** `trustedIssuers` of functions/gatehouse.config.ts that trusts all of them. */
  readonly trustedIssuers: readonly TrustedIssuer[];
  stop(): Promise<void>;
}

/** Starts one issuer of each kind on loopback. They end with this process. */
export async function startIssuers({ ports, logFile, algorithm = 'RS256' }: Options): Promise<LocalIssuers> {
  const chosen = ports === 'fixed' ? ISSUER_PORTS : await pickPorts();
  const starting = [
    startCognito({ port: chosen.cognito, logFile }),
    startAuth0({ port: chosen.auth0 }),
    startOidc({ port: chosen.oidc, algorithm }),
  ] as const;
  const stop = async () => {
    const started = await Promise.allSettled(starting);
    await Promise.all(started.map((issuer) => issuer.status === 'fulfilled' && issuer.value.stop()));
  };
  try {
    const [pool, tenant, provider] = await Promise.all(starting);
    const trustedIssuers = trust(pool, tenant, provider, algorithm);
    return { cognito: pool, auth0: tenant, oidc: provider, trustedIssuers, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Trusted issuer settings. Each shows another part of `map`. */
function trust(pool: Cognito, tenant: Auth0, provider: Oidc, algorithm: OidcAlgorithm): TrustedIssuer[] {
  const common = { jitProvisioning: true, tokenExchange: true };
  const ofPool = (tokenUse: 'access' | 'id') =>
    cognito({
      ...{ ...common, tokenUse, region: 'eu-west-1', userPoolId: pool.userPoolId, localUrl: pool.url },
      clientIds: [pool.clientId],
      map: { everyone: ['member'], groups: { helpers: ['support'] } },
    });
  return [
    ofPool('access'),
    ofPool('id'),
    auth0({
      ...{ ...common, domain: 'gatehouse.eu.auth0.com', audience: AUDIENCE, localUrl: tenant.url },
      map: {
        permissions: {
          'read:notes': ['notes:read'],
          'write:notes': ['notes:write'],
          'read:users': ['users:read'],
        },
      },
    }),
    oidc({
      ...{ ...common, issuer: provider.issuer, audience: AUDIENCE, algorithms: [algorithm] },
      map: {
        everyone: ['member'],
        claims: [{ path: ['realm_access', 'roles'], values: { helper: ['support'] } }],
        // Scopes limit what an app can do for a user. A machine client has only these permissions.
        scopes: {
          'notes:read': ['notes:read'],
          'notes:write': ['notes:write'],
          'users:read': ['users:read'],
        },
      },
    }),
  ];
}

async function pickPorts(): Promise<IssuerPorts> {
  const [cognito = 0, auth0 = 0, oidc = 0] = await findFreePorts(3);
  return { cognito, auth0, oidc };
}
