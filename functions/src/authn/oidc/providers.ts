import { mapClaims } from '../../authz/claim-mapping.ts';
import { readRoleClaims } from '../../authz/role-claims.ts';
import { type MapSetting, toAccessMap } from './claim-mapping-schema.ts';
import type { IssuerProfile } from './issuer-profile.ts';
import type { IssuerSetting } from './issuer-schema.ts';

type Setting<Type extends IssuerSetting['type']> = Extract<IssuerSetting, { type: Type }>;

/** Longest life of a token where the setting does not say, in seconds: a day. */
const DAY = 24 * 3600;

/** A setting → the profile that its tokens are checked against. */
export function toProfile(setting: IssuerSetting): IssuerProfile {
  switch (setting.type) {
    case 'cognito':
      return cognito(setting);
    case 'auth0':
      return auth0(setting);
    case 'oidc':
      return oidc(setting);
    case 'firebase':
      return firebase(setting);
  }
}

/** https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html */
function cognito(setting: Setting<'cognito'>): IssuerProfile {
  const { region, userPoolId, clientIds, tokenUse, audience, localUrl, maxLifetime = DAY } = setting;
  const bases =
    localUrl === undefined
      ? [`https://cognito-idp.${region}.amazonaws.com`, `https://issuer-cognito-idp.${region}.amazonaws.com`]
      : [localUrl];
  const issuers = bases.map((base) => `${base}/${userPoolId}`);
  return {
    ...shared(setting, 'cognito:groups'),
    issuer: `${bases[0]}/${userPoolId}`,
    accepts: issuers.map((issuer) => ({ issuer, jwksUri: `${issuer}/.well-known/jwks.json` })),
    algorithms: ['RS256'],
    typ: ['', 'jwt'],
    headerKeys: [],
    // An access token has no `aud` unless its app bound it to an API; its `client_id` says for which app it is.
    audience: tokenUse === 'id' ? clientIds : (audience ?? null),
    clientIds: tokenUse === 'id' ? null : clientIds,
    tokenUse,
    claims: { token_use: tokenUse },
    // RFC 8707 §2: it is for whom it names. A trigger of the pool may put the client's own id there.
    rejectReason: ({ aud, client_id }) =>
      aud === undefined || tokenUse === 'id' || audience !== undefined || aud === client_id
        ? undefined
        : 'bound to another API',
    maxLifetime,
    authTime: 'required',
    // A person's `sub` is a UUID, which no client id is.
    isService: ({ sub, client_id, username }) => sub === client_id && username === undefined,
  };
}

/** https://auth0.com/docs/secure/tokens/access-tokens/access-token-profiles */
function auth0(setting: Setting<'auth0'>): IssuerProfile {
  const { domain, audience, clientIds = null, localUrl, maxLifetime = DAY } = setting;
  const base = localUrl ?? `https://${domain}`;
  return {
    ...shared(setting, 'groups'),
    issuer: `${base}/`,
    accepts: [{ issuer: `${base}/`, jwksUri: `${base}/.well-known/jwks.json` }],
    algorithms: ['RS256'],
    typ: ['jwt', 'at+jwt'],
    headerKeys: [],
    audience: [audience],
    clientIds,
    tokenUse: 'access',
    claims: {},
    // Both profiles name the client; an ID token names it as its audience.
    rejectReason: ({ client_id, azp = client_id, aud }) =>
      typeof azp !== 'string' || aud === azp ? 'an ID token' : undefined,
    maxLifetime,
    authTime: null,
    // Not any subject that ends so: a database connection lets people choose theirs.
    isService: ({ gty, sub, client_id, azp = client_id }) =>
      gty === 'client-credentials' || (typeof azp === 'string' && sub === `${azp}@clients`),
  };
}

function oidc(setting: Setting<'oidc'>): IssuerProfile {
  const { issuer, audience, jwksUri = null, algorithms, tokenUse, headerKeys, claims, services } = setting;
  const { clientIds = null, maxLifetime = DAY } = setting;
  // RFC 9068 §2.1: what tells an access token from all other JWTs.
  const { typ = tokenUse === 'access' ? ['at+jwt'] : ['', 'jwt'] } = setting;
  return {
    ...shared(setting, 'groups'),
    issuer,
    accepts: [{ issuer, jwksUri }],
    ...{ algorithms, typ, headerKeys, audience, clientIds, tokenUse, claims, maxLifetime },
    rejectReason: () => undefined,
    authTime: null,
    // RFC 9068 §2.2: where no person is involved, the subject is the client.
    isService: (payload) =>
      tokenUse === 'access' &&
      (payload.sub === payload.client_id ||
        (services !== undefined && payload[services.claim] === services.equals)),
  };
}

/** Firebase's ID tokens where firebase-admin is not at hand. Their claims are Gatehouse's own. */
function firebase({ projectId }: Setting<'firebase'>): IssuerProfile {
  const issuer = `https://securetoken.google.com/${projectId}`;
  const jwksUri = 'https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com';
  return {
    type: 'firebase',
    issuer,
    accepts: [{ issuer, jwksUri }],
    algorithms: ['RS256'],
    typ: ['', 'jwt'],
    headerKeys: [],
    audience: [projectId],
    clientIds: null,
    tokenUse: 'id',
    claims: {},
    // Users of a tenant have ids of their own; without it they would be somebody else.
    rejectReason: ({ firebase }) => (Object.hasOwn(Object(firebase), 'tenant') ? 'of a tenant' : undefined),
    maxLifetime: 3600,
    authTime: 'required',
    isService: () => false,
    access: (payload, _kind, now) => {
      const { roles, changesAt } = readRoleClaims(payload, now);
      return { roles, permissions: [], until: changesAt };
    },
    jitProvisioning: false,
    tokenExchange: false,
  };
}

function shared<Type extends IssuerSetting['type']>(
  setting: { type: Type; map: MapSetting; jitProvisioning: boolean; tokenExchange: boolean },
  groups: string,
) {
  const { type, jitProvisioning, tokenExchange } = setting;
  const map = toAccessMap(setting.map, groups);
  const access: IssuerProfile['access'] = (payload, kind) => ({
    ...mapClaims(payload, map, kind),
    until: Number.POSITIVE_INFINITY,
  });
  return { type, jitProvisioning, tokenExchange, access };
}
