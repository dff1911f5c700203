// An OpenID provider on loopback: oidc-provider, which is certified as one. Its access tokens are those of RFC 9068.
// Development only: it stores nothing, and its sign-in page is one form.
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { text } from 'node:stream/consumers';
import Provider, { type AdapterFactory, type Configuration } from 'oidc-provider';
import { HOST } from '../lib/ports.ts';
import { signInByCode } from './code-flow.ts';
import {
  AUDIENCE,
  CLIENTS,
  closeServer,
  emailAt,
  type LocalIssuer,
  PASSWORD,
  PEOPLE,
  type Person,
} from './local-issuer.ts';

/** The default in-memory store, named explicitly to avoid its warning. */
const { createMemoryAdapter }: { createMemoryAdapter: (clockTolerance: number) => AdapterFactory } =
  createRequire(import.meta.url)('oidc-provider/lib/adapters/memory_adapter.js');

/** The signing algorithms; it has one key for each. */
const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA'] as const;
export type OidcAlgorithm = (typeof ALGORITHMS)[number];

/** The redirect URI of the app. No server needs to listen there. */
const REDIRECT_URI = 'http://127.0.0.1/signed-in';

/** The scopes of {@link AUDIENCE}. */
const SCOPE = 'notes:read notes:write users:read';

/** A claim that many issuers use for groups. Bo has none. */
const ROLES: Readonly<Record<string, readonly string[]>> = { 'ada@oidc.test': ['helper'] };

export interface Oidc extends LocalIssuer {
  readonly issuer: string;
  /** Signs in with a code and PKCE (RFC 6749 §4.1, RFC 7636), as an app with a browser does. */
  signIn(
    who: Person,
    options?: TokenOptions,
  ): Promise<{ readonly accessToken: string; readonly idToken: string }>;
  /** Client credentials (RFC 6749 §4.4). */
  signInMachine(options?: TokenOptions): Promise<{ readonly accessToken: string }>;
}

interface TokenOptions {
  /** A resource (RFC 8707); the audience of the token. */
  readonly resource?: string;
  readonly scope?: string;
}

export async function startOidc(options: { port: number; algorithm?: OidcAlgorithm }): Promise<Oidc> {
  const { port, algorithm = 'RS256' } = options;
  const url = `http://${HOST}:${port}`;
  const provider = new Provider(url, configuration(algorithm));
  const callback = provider.callback();
  const server = createServer((req, res) => {
    const isPage = req.url?.startsWith('/sign-in/');
    const served = isPage ? signInPage(provider, req, res) : callback(req, res);
    served.catch((error: unknown) => res.writeHead(500).end(String(error)));
  });
  await once(server.listen(port, HOST), 'listening');
  return {
    url,
    issuer: url,
    signIn: (who, { resource = AUDIENCE, scope = 'openid notes:read' } = {}) =>
      signInByCode(
        url,
        { client_id: CLIENTS.web, redirect_uri: REDIRECT_URI },
        { login: emailAt('oidc', who), password: PASSWORD },
        { resource, scope },
      ),
    async signInMachine({ resource = AUDIENCE, scope = 'users:read' } = {}) {
      const response = await fetch(`${url}/token`, {
        method: 'POST',
        headers: { authorization: `Basic ${btoa(`${CLIENTS.machine}:${PASSWORD}`)}` },
        body: new URLSearchParams({ grant_type: 'client_credentials', resource, scope }),
      });
      if (!response.ok) throw new Error(`the local provider answers ${await response.text()}`);
      const { access_token: accessToken } = (await response.json()) as { access_token: string };
      return { accessToken };
    },
    stop: () => closeServer(server),
  };
}

function configuration(alg: OidcAlgorithm): Configuration {
  return {
    adapter: createMemoryAdapter(0),
    clients: [
      {
        client_id: CLIENTS.web,
        redirect_uris: [REDIRECT_URI],
        token_endpoint_auth_method: 'none',
      },
      {
        client_id: CLIENTS.machine,
        client_secret: PASSWORD,
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
      },
    ],
    jwks: { keys: ALGORITHMS.map(createKey) },
    cookies: { keys: [randomUUID()] },
    ttl: {
      AccessToken: 3600,
      ClientCredentials: 3600,
      IdToken: 3600,
      Interaction: 600,
      Session: 3600,
      Grant: 3600,
    },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_ctx, audience) => ({
          ...{ audience, scope: SCOPE, accessTokenTTL: 3600 },
          ...{ accessTokenFormat: 'jwt', jwt: { sign: { alg } } },
        }),
        useGrantedResource: () => true,
      },
    },
    interactions: { url: (_ctx, { uid }) => `/sign-in/${uid}` },
    /** Grants consent without asking: all clients are first-party. */
    async loadExistingGrant({ oidc }) {
      const grant = new oidc.provider.Grant({
        accountId: oidc.session?.accountId ?? '',
        clientId: oidc.client?.clientId ?? '',
      });
      grant.addOIDCScope('openid email');
      for (const resource of [oidc.params?.resource].flat()) {
        if (typeof resource === 'string') grant.addResourceScope(resource, SCOPE);
      }
      await grant.save();
      return grant;
    },
    findAccount: (_ctx, accountId) => ({
      accountId,
      claims: () => ({ sub: accountId, email: accountId, email_verified: true }),
    }),
    extraTokenClaims: (_ctx, token) =>
      token.kind === 'AccessToken' ? { realm_access: { roles: ROLES[token.accountId] ?? [] } } : undefined,
  };
}

function createKey(alg: OidcAlgorithm) {
  const { privateKey } =
    alg === 'ES256'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : alg === 'EdDSA'
        ? generateKeyPairSync('ed25519')
        : generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { ...privateKey.export({ format: 'jwk' }), alg, use: 'sig', kid: `local-${alg}` };
}

async function signInPage(provider: Provider, req: IncomingMessage, res: ServerResponse): Promise<void> {
  if (req.method !== 'POST') {
    const form =
      '<form method=post><input name=login><input name=password type=password><button>Sign in</button></form>';
    res.writeHead(200, { 'content-type': 'text/html' }).end(form);
    return;
  }
  const given = new URLSearchParams(await text(req));
  const accountId = PEOPLE.map((who) => emailAt('oidc', who)).find((email) => email === given.get('login'));
  const isRight = accountId !== undefined && given.get('password') === PASSWORD;
  const denied = { error: 'access_denied', error_description: 'Wrong e-mail or password.' };
  await provider.interactionFinished(req, res, isRight ? { login: { accountId } } : denied);
}
