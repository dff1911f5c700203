// An Auth0 tenant on loopback: oauth2-mock-server, with tokens in the shapes that Auth0 gives them. Development only.
import { randomUUID } from 'node:crypto';
import { Events, type MutableToken, OAuth2Server, type TokenRequest } from 'oauth2-mock-server';
import { HOST } from '../lib/ports.ts';
import {
  AUDIENCE,
  CLIENTS,
  emailAt,
  type LocalIssuer,
  PASSWORD,
  PEOPLE,
  type Person,
} from './local-issuer.ts';

/** Token profile: the shape of Auth0's access tokens. In a tenant it is a setting of each API. */
export type Dialect = 'access_token_authz' | 'rfc9068_profile_authz';

/** Permissions by subject, as Auth0's RBAC adds them to access tokens. */
const PERMISSIONS: Readonly<Record<string, readonly string[]>> = {
  'auth0|ada': ['read:notes', 'write:notes', 'read:users'],
  'auth0|bo': ['read:notes'],
  'gatehouse-machine@clients': ['read:users'],
};

/** Seconds; both are Auth0's defaults. */
const LIFETIMES = { access: 86_400, id: 36_000 };

export interface Auth0 extends LocalIssuer {
  /** Ends in a slash, as in Auth0. */
  readonly issuer: string;
  signIn(
    who: Person,
    options?: TokenOptions,
  ): Promise<{ readonly accessToken: string; readonly idToken: string }>;
  signInMachine(options?: TokenOptions): Promise<{ readonly accessToken: string }>;
}

interface TokenOptions {
  readonly audience?: string;
  /** With `openid`, the audience includes the tenant's `/userinfo`. */
  readonly scope?: string;
  readonly dialect?: Dialect;
}

/** A token request as Auth0 accepts it. `dialect` replaces the setting of the API. */
type Auth0Request = TokenRequest & { audience?: string; dialect?: Dialect; password?: string };

export async function startAuth0({ port }: { port: number }): Promise<Auth0> {
  const server = new OAuth2Server(undefined, undefined, {
    endpoints: { token: '/oauth/token', jwks: '/.well-known/jwks.json' },
    shouldIssuerUrlBeSuffixedWithATralingSlash: true,
  });
  const url = `http://${HOST}:${port}`;
  const issuer = `${url}/`;
  server.issuer.url = issuer;
  await server.issuer.keys.generate('RS256');
  server.service.on(Events.BeforeTokenSigning, (token: MutableToken, { body }: { body: Auth0Request }) => {
    shape(token, body);
  });
  server.service.on(Events.BeforeResponse, (response, { body }: { body: Auth0Request }) => {
    const { grant_type: grant, username, password } = body;
    if (grant !== 'password' || (subjectOf(username) !== undefined && password === PASSWORD)) return;
    response.statusCode = 403;
    response.body = { error: 'invalid_grant', error_description: 'Wrong email or password.' };
  });
  await server.start(port, HOST);

  async function requestToken(
    fields: Readonly<Record<string, string | undefined>>,
  ): Promise<Record<string, string>> {
    const given = Object.entries(fields).filter((field): field is [string, string] => field[1] !== undefined);
    const response = await fetch(`${url}/oauth/token`, { method: 'POST', body: new URLSearchParams(given) });
    if (!response.ok)
      throw new Error(`the local Auth0 answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as Record<string, string>; // the shape of RFC 6749 §5.1
  }

  return {
    url,
    issuer,
    async signIn(who, { audience = AUDIENCE, scope = 'openid', dialect } = {}) {
      const user = { username: emailAt('auth0', who), password: PASSWORD, client_id: CLIENTS.web };
      const answer = await requestToken({ grant_type: 'password', ...user, audience, scope, dialect });
      return { accessToken: answer.access_token ?? '', idToken: answer.id_token ?? '' };
    },
    async signInMachine({ audience = AUDIENCE, scope, dialect } = {}) {
      const client = { grant_type: 'client_credentials', client_id: CLIENTS.machine };
      const answer = await requestToken({ ...client, audience, scope, dialect });
      return { accessToken: answer.access_token ?? '' };
    },
    stop: () => server.stop(),
  };
}

function subjectOf(username: unknown): string | undefined {
  const person = PEOPLE.find((who) => emailAt('auth0', who) === username);
  return person && `auth0|${person}`;
}

/** Changes a token of the mock into the shape of Auth0's tokens. */
function shape({ header, payload }: MutableToken, body: Auth0Request): void {
  const { iss, iat } = payload;
  const client = String(body.client_id);
  const isMachine = body.grant_type === 'client_credentials';
  const sub = isMachine ? `${client}@clients` : subjectOf(body.username);
  // The mock sets `amr` only in access tokens of users.
  const isIdToken = !isMachine && payload.amr === undefined;
  const permissions = PERMISSIONS[sub ?? ''] ?? [];
  for (const claim of Object.keys(payload)) delete payload[claim];
  if (isIdToken) {
    const person = { email: body.username, email_verified: true };
    Object.assign(payload, {
      ...person,
      iss,
      aud: client,
      sub,
      iat,
      exp: iat + LIFETIMES.id,
      sid: randomUUID(),
    });
    return;
  }
  const scopes = isMachine ? permissions : (body.scope ?? '').split(' ').filter((scope) => scope !== '');
  const aud = scopes.includes('openid') ? [body.audience, `${iss}userinfo`] : body.audience;
  Object.assign(payload, { iss, sub, aud, iat, exp: iat + LIFETIMES.access, scope: scopes.join(' ') });
  if (body.dialect === 'rfc9068_profile_authz') {
    header.typ = 'at+jwt';
    Object.assign(payload, { client_id: client, jti: randomUUID(), permissions });
  } else {
    Object.assign(payload, { azp: client, ...(isMachine && { gty: 'client-credentials' }), permissions });
  }
}
