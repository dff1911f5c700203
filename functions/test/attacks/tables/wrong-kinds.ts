import { type Attack, isAuth0, isCognito, isFirebase, isOpenId } from '../attack.ts';
import { type Changes, forgeOf, type Kind } from '../issuer-kinds.ts';

/** Tokens that the issuer really made, with its own key, for something else. */

const forgeEach = (kind: Kind, now: number, all: readonly Changes[]) =>
  all.map((changes) => forgeOf(kind, now, changes));
const isAccess = ({ tokenUse }: Kind) => tokenUse === 'access';

/** Media types of tokens that are none of ours (IANA, structured syntax suffix `+jwt`), and no media types. */
const OTHER_TYPES = [
  ...[
    'logout+jwt',
    'secevent+jwt',
    'dpop+jwt',
    'oauth-authz-req+jwt',
    'token-introspection+jwt',
    'entity-statement+jwt',
  ],
  ...[
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
  ],
  ...[
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
  ],
  ...[[], ['JWT'], ['at+jwt'], {}, { typ: 'JWT' }],
];

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';

export const wrongKinds: readonly Attack[] = [
  {
    what: 'a typ of another kind of token, or that is no text',
    tokens: (kind, { now }) => OTHER_TYPES.map((typ) => forgeOf(kind, now, { header: { typ } })),
  },
  {
    what: 'an access token by its typ where ID tokens are expected',
    against: ({ tokenUse }) => tokenUse === 'id',
    tokens: (kind, { now }) =>
      ['at+jwt', 'application/at+jwt', 'AT+JWT'].map((typ) => forgeOf(kind, now, { header: { typ } })),
  },
  {
    what: 'a token that does not say it is an access token (RFC 9068 §2.1)',
    against: (kind) => isOpenId(kind) && isAccess(kind),
    tokens: (kind, { now }) =>
      [undefined, 'JWT', 'jwt', 'application/jwt'].map((typ) => forgeOf(kind, now, { header: { typ } })),
  },
  {
    what: 'a logout token (OpenID Connect Back-Channel Logout §2.4) and other events (RFC 8417)',
    against: (kind) => !isFirebase(kind),
    tokens: (kind, { now }) =>
      forgeEach(kind, now, [
        { header: { typ: 'logout+jwt' }, claims: { events: { [EVENT]: {} }, sid: 's-1' } },
        { claims: { events: { [EVENT]: {} }, sid: 's-1' } },
        { claims: { events: {} } },
        { claims: { events: null } },
      ]),
  },
  {
    what: 'an ID token where access tokens are expected, though it is for us by all else',
    against: (kind) => isAccess(kind),
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
    what: 'an ID token as Cognito makes it where access tokens are expected, and back',
    against: isCognito,
    tokens: (kind, { now }) => {
      const id = { token_use: 'id', aud: kind.audience, client_id: undefined, 'cognito:username': 'member' };
      const access = { token_use: 'access', client_id: kind.audience, aud: undefined, username: 'member' };
      return forgeEach(kind, now, [
        { claims: isAccess(kind) ? id : access },
        // With what either needs, so that only `token_use` tells them apart.
        { claims: { ...id, ...access, aud: kind.audience, token_use: isAccess(kind) ? 'id' : 'access' } },
      ]);
    },
  },
  {
    what: 'a token_use that is missing, of another type, or almost right',
    against: isCognito,
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
      ].map((token_use) => forgeOf(kind, now, { claims: { token_use } })),
  },
  {
    what: 'an ID token as Auth0 makes it',
    against: isAuth0,
    tokens: (kind, { now }) => {
      const none = { azp: undefined, client_id: undefined, scope: undefined, permissions: undefined };
      return forgeEach(kind, now, [
        { header: { typ: 'JWT' }, claims: { ...none, aud: 'app-4711', nickname: 'member', sid: 's-1' } },
        { header: { typ: 'JWT' }, claims: { ...none, nickname: 'member' } },
        // Of an application that has the same name as the API.
        { header: { typ: 'JWT' }, claims: { ...none, azp: kind.audience } },
        { header: { typ: 'JWT' }, claims: { ...none, client_id: kind.audience } },
        { claims: { ...none, azp: 4711 } },
        { claims: { ...none, client_id: null } },
      ]);
    },
  },
  {
    what: 'a token without the typ that Auth0 always gives',
    against: isAuth0,
    tokens: (kind, { now }) => [forgeOf(kind, now, { header: { typ: undefined } })],
  },
  {
    what: 'a custom token, a session cookie, an App Check token and a service account’s own',
    against: isFirebase,
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
