import assert from 'node:assert/strict';
import { rejectReason } from '../../../../src/authn/oidc/reject-reason.ts';
import { readTimes } from '../../../../src/authn/token-times.ts';
import { permissionsOf } from '../../../../src/authz/roles.ts';
import { documentedIssuers } from '../../../helpers/docs.ts';
import { unverified } from '../../../helpers/signing.ts';

/** Tokens as the vendors document them, with the configurations of docs/guides/external-issuers. */

const PAGES: Readonly<Record<string, string>> = {
  Cognito: 'cognito',
  Auth0: 'auth0',
  Keycloak: 'keycloak',
  'Microsoft Entra ID': 'entra-id',
  Okta: 'okta',
  Google: 'google',
  'A service': 'openid',
};

/** The documented configuration for an issuer, as profiles. */
const profilesOf = (name: string) =>
  documentedIssuers(`docs/guides/external-issuers/${PAGES[name] ?? assert.fail(name)}.md`);

type Claims = Readonly<Record<string, unknown>>;

const textOf = (rejection: ReturnType<typeof rejectReason>) =>
  rejection && (rejection.logDetail ?? rejection.reason);

/** The principal of a token: kind, roles, permissions and, if scopes are mapped, those; or the reject reasons. */
function outcome(name: string, claims: Claims, header: Claims = {}): string {
  const token = unverified(claims, header);
  const profiles = profilesOf(name).filter(({ accepts }) =>
    accepts.some(({ issuer }) => issuer === claims.iss),
  );
  const profile = profiles.find((one) => rejectReason(token, one) === undefined);
  if (profile === undefined) return profiles.map((one) => textOf(rejectReason(token, one))).join('; ');
  const kind = profile.isService(claims) ? 'service' : 'user';
  const { roles, permissions, scopes } = profile.access(claims, kind, 0);
  return [kind, ...roles, ...permissions, ...(scopes ? [`(${scopes.join(' ')})`] : [])].join(' ');
}

const COGNITO = { iss: 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI', auth_time: 1 };
const KEYCLOAK = { iss: 'https://sso.example.com/realms/shop', aud: ['gatehouse', 'account'], sub: 'c0ffee' };
const ENTRA_ISSUER = 'https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/v2.0';
const ENTRA = { iss: ENTRA_ISSUER, aud: '66666666-7777-8888-9999-000000000000', sub: 'p4irwise', ver: '2.0' };
const OTHER_TENANT = {
  iss: 'https://login.microsoftonline.com/99999999-8888-7777-6666-555555555555/v2.0',
  tid: '99999999-8888-7777-6666-555555555555',
};
const OKTA = {
  iss: 'https://example.okta.com/oauth2/default',
  aud: 'api://default',
  ver: 1,
  cid: '0oaWebClient',
};
const CLIENT = '1234-abc.apps.googleusercontent.com';
const GOOGLE = {
  iss: 'https://accounts.google.com',
  aud: CLIENT,
  azp: CLIENT,
  sub: '110',
  hd: 'example.com',
};
const AUTH0 = { iss: 'https://tenant.eu.auth0.com/', aud: 'https://api.example.com', azp: 'spa' };
const noTyp = { typ: undefined };

describe('the configurations of docs/guides/external-issuers', () => {
  const signedIn = { iat: 1, exp: 2, authTime: 1, signedInAt: 1 };
  const proofs: readonly (readonly [name: string, proved: Claims, unproved: Claims])[] = [
    ['Keycloak', { acr: 'gold' }, { acr: '1' }],
    ['Okta', { acr: 'urn:okta:loa:2fa:any' }, { acr: 'urn:okta:loa:2fa:any:ifpossible', amr: ['mfa'] }],
    ['Microsoft Entra ID', { acrs: ['c1', 'c2'] }, { acrs: ['c2'] }],
    [
      'Auth0',
      { 'https://example.com/amr': ['pwd', 'mfa'] },
      { 'https://example.com/amr': ['pwd'], amr: ['mfa'] },
    ],
  ];
  for (const [name, proved, unproved] of proofs) {
    it(`accept the second factor of ${name}, and no other sign-in as one`, () => {
      const [profile = assert.fail()] = profilesOf(name);
      const levels = [proved, unproved].map((claims) => profile.assurance(claims, signedIn).level);
      assert.deepEqual(levels, ['aal2', 'aal1']);
    });
  }

  it('accept the lifetime of a managed identity’s token of Entra ID', () => {
    const profiles = profilesOf('Microsoft Entra ID');
    const times = { iat: 1_800_000_000 - 300, exp: 1_800_000_000 + 86_400 };
    assert.ok(profiles.length > 0);
    for (const profile of profiles) assert.equal(readTimes(times, profile, 1_800_000_000).exp, times.exp);
  });

  const tokens: readonly (readonly [what: string, name: string, Claims, outcome: string, header?: Claims])[] =
    [
      [
        'Cognito’s access token',
        'Cognito',
        {
          ...COGNITO,
          sub: 'u',
          token_use: 'access',
          client_id: 'web-client-id',
          username: 'u',
          'cognito:groups': ['helpers'],
          scope: 'aws.cognito.signin.user.admin',
        },
        'user support member',
        noTyp,
      ],
      [
        'Cognito’s ID token',
        'Cognito',
        {
          ...COGNITO,
          sub: 'u',
          token_use: 'id',
          aud: 'web-client-id',
          'cognito:username': 'u',
          at_hash: 'x',
        },
        'user member',
        noTyp,
      ],
      [
        'Cognito’s client credentials',
        'Cognito',
        {
          ...COGNITO,
          sub: 'machine-client-id',
          token_use: 'access',
          client_id: 'machine-client-id',
          scope: 'gatehouse/users.read',
          version: 2,
        },
        'service users:read (users:read)',
        noTyp,
      ],
      [
        'Auth0’s user',
        'Auth0',
        { ...AUTH0, sub: 'auth0|1', permissions: ['read:users', 'x'], scope: 'openid' },
        'user member users:read',
      ],
      [
        'Auth0’s client credentials',
        'Auth0',
        { ...AUTH0, sub: 'm@clients', azp: 'm', gty: 'client-credentials', permissions: ['read:audit'] },
        'service audit:read',
      ],
      [
        'Keycloak’s user',
        'Keycloak',
        {
          ...KEYCLOAK,
          typ: 'Bearer',
          azp: 'web',
          scope: 'openid',
          realm_access: { roles: ['helper', 'offline_access'] },
        },
        'user support member',
      ],
      [
        'Keycloak’s service account',
        'Keycloak',
        {
          ...KEYCLOAK,
          typ: 'Bearer',
          azp: 'reporting',
          client_id: 'reporting',
          preferred_username: 'service-account-reporting',
          realm_access: { roles: ['helper'] },
        },
        'service support',
      ],
      [
        'Keycloak’s ID token',
        'Keycloak',
        { ...KEYCLOAK, aud: 'gatehouse', typ: 'ID', azp: 'gatehouse' },
        'wrong typ',
      ],
      [
        'Entra ID’s user',
        'Microsoft Entra ID',
        { ...ENTRA, azp: 'web', scp: 'access_as_user', roles: ['Helper'], idtyp: 'user' },
        `user support member (${permissionsOf(['member', 'support']).join(' ')})`,
      ],
      [
        'Entra ID’s app',
        'Microsoft Entra ID',
        { ...ENTRA, azp: 'job', roles: ['Helper'], idtyp: 'app' },
        'service support ()',
      ],
      [
        'Entra ID’s user of another listed tenant',
        'Microsoft Entra ID',
        { ...ENTRA, ...OTHER_TENANT, azp: 'web', idtyp: 'user' },
        'user member',
      ],
      [
        'Entra ID’s user with the tid of another tenant',
        'Microsoft Entra ID',
        { ...ENTRA, ...OTHER_TENANT, tid: '11111111-2222-3333-4444-555555555555' },
        'wrong tid',
      ],
      ['Entra ID’s older token', 'Microsoft Entra ID', { ...ENTRA, ver: '1.0' }, 'wrong ver'],
      [
        'Okta’s user',
        'Okta',
        { ...OKTA, sub: '00u1', uid: '00u1', scp: ['openid', 'notes'], groups: ['Helpers'] },
        `user support (${permissionsOf(['member']).join(' ')})`,
        noTyp,
      ],
      ['Okta’s ID token', 'Okta', { ...OKTA, cid: undefined, sub: '00u1', at_hash: 'x' }, 'wrong cid', noTyp],
      ['Google’s ID token', 'Google', GOOGLE, 'user member'],
      [
        'a Google service account’s token',
        'Google',
        { ...GOOGLE, azp: '1055', hd: undefined },
        'wrong-client',
      ],
      ['a private Google account’s token', 'Google', { ...GOOGLE, hd: undefined }, 'wrong hd'],
      [
        'a service’s token',
        'A service',
        {
          iss: 'https://login.example.com',
          aud: 'https://api.example.com',
          sub: 'reporting',
          client_id: 'reporting',
          scope: 'users.read',
        },
        'service users:read (users:read)',
        { alg: 'ES256', typ: 'at+jwt' },
      ],
    ];
  for (const [what, name, claims, expected, header] of tokens) {
    it(`give the documented result for ${what}`, () => assert.equal(outcome(name, claims, header), expected));
  }
});
