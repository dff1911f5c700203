import { createPublicKey } from 'node:crypto';
import { SignJWT } from 'jose';
import { forge, type Part, type Signer } from '../helpers/forge.ts';
import { googleKey, ISSUER, PROJECT } from '../helpers/google.ts';
import { createKey, type IssuerKey, signer } from './signers.ts';

/** Every kind of token that the API accepts, each with a key of its own. */

type Claims = Readonly<Record<string, unknown>>;

export interface Kind {
  readonly name: string;
  readonly issuer: string;
  readonly tokenUse: 'access' | 'id';
  readonly alg: 'RS256' | 'PS256' | 'ES256' | 'EdDSA';
  readonly key: IssuerKey;
  readonly typ: string | undefined;
  /** Where a token says for whom it is, and what it has to say there. */
  readonly forWhom: 'aud' | 'client_id';
  readonly audience: string;
  /** Of the longest-lived token, in seconds. */
  readonly maxLifetime: number;
  /** Is a token without `auth_time` refused? */
  readonly needsAuthTime: boolean;
  /** What a valid token says besides what all say. */
  readonly claims: Claims;
  /** Its entry in the trusted issuers. */
  readonly setting: object | undefined;
  /** Where its keys are; by discovery, first where that says so. */
  readonly fetches: readonly string[];
}

const CLIENT = 'app-4711';
const API = 'https://api.example.com';
const map = { everyone: ['notes:read', 'notes:write'] };

const firebase: Kind = {
  name: 'Firebase',
  issuer: ISSUER,
  tokenUse: 'id',
  alg: 'RS256',
  key: { ...googleKey, publicKey: createPublicKey(googleKey.publicPem) },
  typ: 'JWT',
  forWhom: 'aud',
  audience: PROJECT,
  maxLifetime: 3600,
  needsAuthTime: true,
  claims: { user_id: 'member', roles: ['member'], rv: 1, firebase: { sign_in_provider: 'password' } },
  setting: undefined,
  fetches: [],
};

function cognito(name: string, tokenUse: 'access' | 'id', userPoolId: string, host: string, key: IssuerKey) {
  const issuer = `https://${host}.eu-west-1.amazonaws.com/${userPoolId}`;
  const isAccess = tokenUse === 'access';
  return {
    ...{ name, issuer, tokenUse, alg: 'RS256', key, typ: undefined, audience: CLIENT },
    forWhom: isAccess ? 'client_id' : 'aud',
    maxLifetime: 24 * 3600,
    needsAuthTime: true,
    claims: {
      token_use: tokenUse,
      'cognito:groups': ['staff'],
      ...(isAccess ? { scope: 'openid', username: 'member' } : { 'cognito:username': 'member' }),
    },
    setting: { type: 'cognito', region: 'eu-west-1', userPoolId, clientIds: [CLIENT], tokenUse, map },
    fetches: [`${issuer}/.well-known/jwks.json`],
  } as const satisfies Kind;
}

const poolKey = createKey('RSA', 'pool-key');
const cognitoKinds: readonly Kind[] = [
  cognito('Cognito access', 'access', 'eu-west-1_AccessPool', 'cognito-idp', poolKey),
  // The same pool by its second name: one setting for both.
  {
    ...cognito(
      'Cognito access, second issuer form',
      'access',
      'eu-west-1_AccessPool',
      'issuer-cognito-idp',
      poolKey,
    ),
    setting: undefined,
  },
  cognito('Cognito ID', 'id', 'eu-west-1_IdPool', 'cognito-idp', createKey('RSA', 'id-pool-key')),
];

const auth0: Kind = {
  name: 'Auth0 access',
  issuer: 'https://tenant.eu.auth0.com/',
  tokenUse: 'access',
  alg: 'RS256',
  key: createKey('RSA', 'auth0-key'),
  typ: 'JWT',
  forWhom: 'aud',
  audience: API,
  maxLifetime: 24 * 3600,
  needsAuthTime: false,
  claims: { azp: CLIENT, scope: 'openid', permissions: ['read:notes'] },
  setting: { type: 'auth0', domain: 'tenant.eu.auth0.com', audience: API, map },
  fetches: ['https://tenant.eu.auth0.com/.well-known/jwks.json'],
};

const auth0Profile: Kind = {
  ...auth0,
  name: 'Auth0 access, RFC 9068',
  typ: 'at+jwt',
  claims: { client_id: CLIENT, scope: 'openid', permissions: ['read:notes'], jti: 'j-1' },
  setting: undefined,
};

function oidc(alg: Kind['alg'], key: IssuerKey, { discovers = false } = {}): Kind {
  const issuer = `https://${alg.toLowerCase()}.example.com/realm`;
  const jwksUri = `${issuer}/keys`;
  const setting = { type: 'oidc', issuer, audience: API, algorithms: [alg], map };
  return {
    name: `OpenID ${alg} access`,
    ...{ issuer, tokenUse: 'access', alg, key, typ: 'at+jwt', forWhom: 'aud', audience: API },
    maxLifetime: 24 * 3600,
    needsAuthTime: false,
    claims: { client_id: CLIENT, jti: 'j-1', groups: ['staff'] },
    setting: discovers ? setting : { ...setting, jwksUri },
    fetches: discovers ? [`${issuer}/.well-known/openid-configuration`, jwksUri] : [jwksUri],
  };
}

const idToken: Kind = {
  ...oidc('RS256', createKey('RSA', 'id-key'), { discovers: true }),
  name: 'OpenID ID',
  issuer: 'https://id.example.com',
  tokenUse: 'id',
  typ: 'JWT',
  audience: CLIENT,
  claims: { nonce: 'n-1', at_hash: 'hash', email: 'member@example.com', email_verified: true },
  setting: { type: 'oidc', issuer: 'https://id.example.com', audience: CLIENT, tokenUse: 'id', map },
  fetches: ['https://id.example.com/.well-known/openid-configuration', 'https://id.example.com/keys'],
};

export const kinds: readonly Kind[] = [
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

export const external = kinds.filter((kind) => kind !== firebase);

export const TRUSTED_ISSUERS: readonly object[] = kinds.flatMap(({ setting }) => setting ?? []);

/** Claims of a valid token at that second. */
export function claimsOf(kind: Kind, now: number): Record<string, unknown> {
  const { issuer: iss, forWhom, audience, needsAuthTime, claims } = kind;
  return {
    ...{ iss, sub: 'member', [forWhom]: audience, iat: now - 10, exp: now + 600 },
    ...(needsAuthTime && { auth_time: now - 60 }),
    ...claims,
  };
}

export function headerOf({ alg, key, typ }: Kind): Record<string, unknown> {
  return { alg, kid: key.kid, ...(typ !== undefined && { typ }) };
}

/** A valid token, by jose. */
export function mint(kind: Kind, now: number, claims: Claims = {}): Promise<string> {
  const { alg, key, typ } = kind;
  return new SignJWT({ ...claimsOf(kind, now), ...claims })
    .setProtectedHeader({ alg, kid: key.kid, ...(typ !== undefined && { typ }) })
    .sign(key.privateKey);
}

/** What is different about a forged token. `undefined` leaves a header key or claim out. */
export interface Changes {
  readonly header?: Claims;
  readonly claims?: Claims;
  /** In place of all the claims: any bytes. */
  readonly payload?: Part;
  readonly signer?: Signer;
}

/** A token that is valid, and really signed by the issuer's own key, in all but what is asked for. */
export function forgeOf(kind: Kind, now: number, changes: Changes): string {
  const { header, claims, payload = { ...claimsOf(kind, now), ...claims } } = changes;
  return forge({ ...headerOf(kind), ...header }, payload, changes.signer ?? signer(kind.alg, kind.key));
}
