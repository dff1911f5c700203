import { createPublicKey } from 'node:crypto';
import { SignJWT } from 'jose';
import { forge, type Part, type Signer } from '../helpers/forge.ts';
import { googleKey, ISSUER, PROJECT } from '../helpers/google.ts';
import { createKey, type IssuerKey, signer } from './signers.ts';

/** Every kind of token that the API accepts, each with its own signing key. */

type Claims = Readonly<Record<string, unknown>>;

export interface TokenKind {
  readonly name: string;
  readonly issuer: string;
  readonly tokenUse: 'access' | 'id';
  readonly alg: 'RS256' | 'PS256' | 'ES256' | 'EdDSA';
  readonly key: IssuerKey;
  readonly typ: string | undefined;
  /** The claim that names the audience, and the value that it must have. */
  readonly audienceClaim: 'aud' | 'client_id';
  readonly audience: string;
  /** Longest accepted lifetime, in seconds. */
  readonly maxLifetime: number;
  /** Whether a token without `auth_time` is refused. */
  readonly requiresAuthTime: boolean;
  /** Claims of a valid token besides those that every kind has. */
  readonly claims: Claims;
  /** Its entry in `trustedIssuers`. Firebase needs none; undefined also if the entry of another kind covers this one. */
  readonly setting: object | undefined;
  /**
   * The URLs that are fetched to get the keys, in order: the discovery document, if there is one, and the key set. Empty for
   * Firebase: a server of its own serves Google's keys.
   */
  readonly keyUrls: readonly string[];
}

const CLIENT = 'app-4711';
const API = 'https://api.example.com';
const map = { everyone: ['notes:read', 'notes:write'] };

const firebase: TokenKind = {
  name: 'Firebase',
  issuer: ISSUER,
  tokenUse: 'id',
  alg: 'RS256',
  key: { ...googleKey, publicKey: createPublicKey(googleKey.publicPem) },
  typ: 'JWT',
  audienceClaim: 'aud',
  audience: PROJECT,
  maxLifetime: 3600,
  requiresAuthTime: true,
  claims: { user_id: 'member', roles: ['member'], rv: 1, firebase: { sign_in_provider: 'password' } },
  setting: undefined,
  keyUrls: [],
};

function cognito(name: string, tokenUse: 'access' | 'id', userPoolId: string, host: string, key: IssuerKey) {
  const issuer = `https://${host}.eu-west-1.amazonaws.com/${userPoolId}`;
  const isAccess = tokenUse === 'access';
  return {
    name,
    issuer,
    tokenUse,
    alg: 'RS256',
    key,
    typ: undefined,
    audience: CLIENT,
    audienceClaim: isAccess ? 'client_id' : 'aud',
    maxLifetime: 24 * 3600,
    requiresAuthTime: true,
    claims: {
      token_use: tokenUse,
      'cognito:groups': ['staff'],
      ...(isAccess ? { scope: 'openid', username: 'member' } : { 'cognito:username': 'member' }),
    },
    setting: { type: 'cognito', region: 'eu-west-1', userPoolId, clientIds: [CLIENT], tokenUse, map },
    keyUrls: [`${issuer}/.well-known/jwks.json`],
  } as const satisfies TokenKind;
}

const poolKey = createKey('RSA', 'pool-key');
const cognitoKinds: readonly TokenKind[] = [
  cognito('Cognito access', 'access', 'eu-west-1_AccessPool', 'cognito-idp', poolKey),
  // The second issuer name of the same pool. One setting covers both.
  {
    ...cognito('Cognito access, second iss', 'access', 'eu-west-1_AccessPool', 'issuer-cognito-idp', poolKey),
    setting: undefined,
  },
  cognito('Cognito ID', 'id', 'eu-west-1_IdPool', 'cognito-idp', createKey('RSA', 'id-pool-key')),
];

const auth0: TokenKind = {
  name: 'Auth0 access',
  issuer: 'https://tenant.eu.auth0.com/',
  tokenUse: 'access',
  alg: 'RS256',
  key: createKey('RSA', 'auth0-key'),
  typ: 'JWT',
  audienceClaim: 'aud',
  audience: API,
  maxLifetime: 24 * 3600,
  requiresAuthTime: false,
  claims: { azp: CLIENT, scope: 'openid', permissions: ['read:notes'] },
  setting: { type: 'auth0', domain: 'tenant.eu.auth0.com', audience: API, map },
  keyUrls: ['https://tenant.eu.auth0.com/.well-known/jwks.json'],
};

const auth0Profile: TokenKind = {
  ...auth0,
  name: 'Auth0 access, RFC 9068',
  typ: 'at+jwt',
  claims: { client_id: CLIENT, scope: 'openid', permissions: ['read:notes'], jti: 'j-1' },
  setting: undefined,
};

function oidc(alg: TokenKind['alg'], key: IssuerKey, { discovers = false } = {}): TokenKind {
  const issuer = `https://${alg.toLowerCase()}.example.com/realm`;
  const jwksUri = `${issuer}/keys`;
  const setting = { type: 'oidc', issuer, audience: API, algorithms: [alg], map };
  return {
    name: `OpenID ${alg} access`,
    issuer,
    tokenUse: 'access',
    alg,
    key,
    typ: 'at+jwt',
    audienceClaim: 'aud',
    audience: API,
    maxLifetime: 24 * 3600,
    requiresAuthTime: false,
    claims: { client_id: CLIENT, jti: 'j-1', groups: ['staff'] },
    setting: discovers ? setting : { ...setting, jwksUri },
    keyUrls: discovers ? [`${issuer}/.well-known/openid-configuration`, jwksUri] : [jwksUri],
  };
}

const idToken: TokenKind = {
  ...oidc('RS256', createKey('RSA', 'id-key'), { discovers: true }),
  name: 'OpenID ID',
  issuer: 'https://id.example.com',
  tokenUse: 'id',
  typ: 'JWT',
  audience: CLIENT,
  claims: { nonce: 'n-1', at_hash: 'hash', email: 'member@example.com', email_verified: true },
  setting: { type: 'oidc', issuer: 'https://id.example.com', audience: CLIENT, tokenUse: 'id', map },
  keyUrls: ['https://id.example.com/.well-known/openid-configuration', 'https://id.example.com/keys'],
};

export const tokenKinds: readonly TokenKind[] = [
  firebase,
  ...cognitoKinds,
  auth0,
  auth0Profile,
  oidc('RS256', createKey('RSA', 'rs-key')),
  oidc('PS256', createKey('RSA', 'ps-key'), { discovers: true }),
  oidc('ES256', createKey('P-256', 'es-key')),
  oidc('EdDSA', createKey('Ed25519', 'ed-key'), { discovers: true }),
  idToken,
];

export const externalTokenKinds = tokenKinds.filter((kind) => kind !== firebase);

export const TRUSTED_ISSUERS: readonly object[] = tokenKinds.flatMap(({ setting }) => setting ?? []);

/** Claims of a valid token. @param now seconds since the epoch */
export function claimsOf(kind: TokenKind, now: number): Record<string, unknown> {
  const { issuer: iss, audienceClaim, audience, requiresAuthTime, claims } = kind;
  return {
    iss,
    sub: 'member',
    [audienceClaim]: audience,
    iat: now - 10,
    exp: now + 600,
    ...(requiresAuthTime && { auth_time: now - 60 }),
    ...claims,
  };
}

export function headerOf({ alg, key, typ }: TokenKind): Record<string, unknown> {
  return { alg, kid: key.kid, ...(typ !== undefined && { typ }) };
}

/** Signs a valid token, with jose. @param now seconds since the epoch */
export function issueToken(kind: TokenKind, now: number, claims: Claims = {}): Promise<string> {
  const { alg, key, typ } = kind;
  return new SignJWT({ ...claimsOf(kind, now), ...claims })
    .setProtectedHeader({ alg, kid: key.kid, ...(typ !== undefined && { typ }) })
    .sign(key.privateKey);
}

/** The difference between a forged and a valid token. `undefined` removes a header parameter or claim. */
export interface TokenChanges {
  readonly header?: Claims;
  readonly claims?: Claims;
  /** Replaces all claims: any bytes. */
  readonly payload?: Part;
  readonly signer?: Signer;
}

/** A token that is valid, and signed with the issuer's own key, except for the changes. @param now seconds since the epoch */
export function forgeToken(kind: TokenKind, now: number, changes: TokenChanges): string {
  const { header, claims, payload = { ...claimsOf(kind, now), ...claims } } = changes;
  return forge({ ...headerOf(kind), ...header }, payload, changes.signer ?? signer(kind.alg, kind.key));
}

/** One token for each value of the claim, like {@link forgeToken}. */
export function forgeWithClaim(
  kind: TokenKind,
  now: number,
  claim: string,
  values: readonly unknown[],
): string[] {
  return values.map((value) => forgeToken(kind, now, { claims: { [claim]: value } }));
}
