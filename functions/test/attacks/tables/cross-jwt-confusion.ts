import { type Attack, isAuth0, isCognito, isFirebase, isOpenId } from '../attack.ts';
import { forgeToken, type TokenChanges, type TokenKind } from '../token-kinds.ts';

/** Cross-JWT confusion (RFC 8725 §2.8): the issuer's own key signed the token, for another purpose. */

const forgeEach = (kind: TokenKind, now: number, all: readonly TokenChanges[]) =>
  all.map((changes) => forgeToken(kind, now, changes));
const isAccess = ({ tokenUse }: TokenKind) => tokenUse === 'access';

/** Media types of tokens that are not accepted (IANA, structured syntax suffix `+jwt`), and invalid media types. */
const OTHER_TYPES = [
  'logout+jwt',
  'secevent+jwt',
  'dpop+jwt',
  'oauth-authz-req+jwt',
  'token-introspection+jwt',
  'entity-statement+jwt',
  'kb+jwt',
  'sd+jwt',
  'vc+jwt',
  'client-authentication+jwt',
  'id_token',
  'JOSE',
  'JWE',
  'at',
  'jwt+at',
  'at+jwt; v=1',
  'at+jwt ',
  ' JWT',
  'JWT\0',
  'text/jwt',
  'application/',
  'application/application/at+jwt',
  '*',
  '*/*',
  '',
  null,
  true,
  1,
  [],
  ['JWT'],
  ['at+jwt'],
  {},
  { typ: 'JWT' },
];

/** OpenID Connect Back-Channel Logout §2.4. */
const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout';

export const crossJwtConfusion: readonly Attack[] = [
  {
    name: 'a typ of another kind of token, or one that is not a string',
    tokens: (kind, { now }) => OTHER_TYPES.map((typ) => forgeToken(kind, now, { header: { typ } })),
  },
  {
    name: 'an access token (typ at+jwt) as ID token',
    appliesTo: ({ tokenUse }) => tokenUse === 'id',
    tokens: (kind, { now }) =>
      ['at+jwt', 'application/at+jwt', 'AT+JWT'].map((typ) => forgeToken(kind, now, { header: { typ } })),
  },
  {
    name: 'an access token without typ at+jwt (RFC 9068 §2.1)',
    appliesTo: (kind) => isOpenId(kind) && isAccess(kind),
    tokens: (kind, { now }) =>
      [undefined, 'JWT', 'jwt', 'application/jwt'].map((typ) => forgeToken(kind, now, { header: { typ } })),
  },
  {
    name: 'a logout token and other security event tokens (RFC 8417)',
    appliesTo: (kind) => !isFirebase(kind),
    tokens: (kind, { now }) =>
      forgeEach(kind, now, [
        { header: { typ: 'logout+jwt' }, claims: { events: { [LOGOUT_EVENT]: {} }, sid: 's-1' } },
        { claims: { events: { [LOGOUT_EVENT]: {} }, sid: 's-1' } },
        { claims: { events: {} } },
        { claims: { events: null } },
      ]),
  },
  {
    name: 'an ID token (nonce, at_hash, c_hash, s_hash) as access token',
    appliesTo: (kind) => isAccess(kind),
    tokens: (kind, { now }) =>
      forgeEach(kind, now, [
        { claims: { nonce: 'n-1' } },
        { claims: { at_hash: 'hash' } },
        { claims: { c_hash: 'hash' } },
        { claims: { s_hash: 'hash' } },
        { claims: { nonce: null } },
        { header: { typ: 'JWT' }, claims: { nonce: '', at_hash: '' } },
      ]),
  },
  {
    name: 'a Cognito ID token as access token, and the reverse',
    appliesTo: isCognito,
    tokens: (kind, { now }) => {
      const id = { token_use: 'id', aud: kind.audience, client_id: undefined, 'cognito:username': 'member' };
      const access = { token_use: 'access', client_id: kind.audience, aud: undefined, username: 'member' };
      return forgeEach(kind, now, [
        { claims: isAccess(kind) ? id : access },
        // With the claims of both, so that they differ only in `token_use`.
        { claims: { ...id, ...access, aud: kind.audience, token_use: isAccess(kind) ? 'id' : 'access' } },
      ]);
    },
  },
  {
    name: 'a token_use that is missing, not a string, or similar',
    appliesTo: isCognito,
    tokens: (kind, { now }) =>
      [
        undefined,
        null,
        true,
        '',
        [kind.tokenUse],
        { token_use: kind.tokenUse },
        kind.tokenUse.toUpperCase(),
        `${kind.tokenUse} `,
        'refresh',
      ].map((token_use) => forgeToken(kind, now, { claims: { token_use } })),
  },
  {
    name: 'an Auth0 ID token as access token',
    appliesTo: isAuth0,
    tokens: (kind, { now }) => {
      const none = { azp: undefined, client_id: undefined, scope: undefined, permissions: undefined };
      return forgeEach(kind, now, [
        { header: { typ: 'JWT' }, claims: { ...none, aud: 'app-4711', nickname: 'member', sid: 's-1' } },
        { header: { typ: 'JWT' }, claims: { ...none, nickname: 'member' } },
        // An application with a client ID that equals the audience of the API.
        { header: { typ: 'JWT' }, claims: { ...none, azp: kind.audience } },
        { header: { typ: 'JWT' }, claims: { ...none, client_id: kind.audience } },
        { claims: { ...none, azp: 4711 } },
        { claims: { ...none, client_id: null } },
      ]);
    },
  },
  {
    name: 'an Auth0 access token without a typ',
    appliesTo: isAuth0,
    tokens: (kind, { now }) => [forgeToken(kind, now, { header: { typ: undefined } })],
  },
  {
    name: 'a custom, session cookie, App Check or service account token',
    appliesTo: isFirebase,
    tokens: (kind, { now }) => {
      const account = 'firebase-adminsdk@gatehouse-test.iam.gserviceaccount.com';
      const toolkit =
        'https://identitytoolkit.googleapis.com/google.identity.identitytoolkit.v1.IdentityToolkit';
      return forgeEach(kind, now, [
        { claims: { iss: account, sub: account, aud: toolkit, uid: 'member' } },
        { claims: { sub: account, aud: toolkit, uid: 'member' } },
        { claims: { aud: toolkit } },
        { claims: { iss: `https://session.firebase.google.com/${kind.audience}` } },
        { claims: { iss: 'https://firebaseappcheck.googleapis.com/4711', aud: ['projects/gatehouse-test'] } },
        { claims: { aud: [kind.audience] } },
        { claims: { iss: 'https://accounts.google.com', aud: 'client.apps.googleusercontent.com' } },
      ]);
    },
  },
];
