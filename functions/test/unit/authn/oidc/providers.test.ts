import assert from 'node:assert/strict';
import type { IssuerProfile } from '../../../../src/authn/oidc/issuer-profile.ts';
import { rejectReason } from '../../../../src/authn/oidc/reject-reason.ts';
import { unverified } from '../../../helpers/signing.ts';
import { parseTrustedIssuers } from '../../../helpers/trusted-issuers.ts';

type Claims = Readonly<Record<string, unknown>>;

function profileOf(entry: object): IssuerProfile {
  const [profile] = parseTrustedIssuers(JSON.stringify([entry]), { local: true, allowFirebase: true });
  return profile ?? assert.fail();
}
/** The reject reason of a token with these claims; `undefined` for a valid one. */
const reasonFor = (entry: object, claims: Claims, header: Claims = {}) =>
  rejectReason(unverified(claims, header), profileOf(entry))?.reason;
const isService = (entry: object, claims: Claims) => profileOf(entry).isService(claims);

const POOL = { type: 'cognito', region: 'eu-west-1', userPoolId: 'eu-west-1_AbC123' };
const ACCESS = { ...POOL, clientIds: ['web'], tokenUse: 'access' };
const ID = { ...POOL, clientIds: ['web'], tokenUse: 'id' };
const accessClaims = { sub: 'u', token_use: 'access', client_id: 'web', username: 'ada' };
const idClaims = { sub: 'u', token_use: 'id', aud: 'web' };

describe('the profile of a Cognito pool', () => {
  it('accepts both forms of the issuer, each with its own keys, as one identity', () => {
    const { issuer, accepts } = profileOf(ACCESS);
    const forms = ['cognito-idp', 'issuer-cognito-idp'].map(
      (host) => `https://${host}.eu-west-1.amazonaws.com/eu-west-1_AbC123`,
    );
    assert.equal(issuer, forms[0]);
    assert.deepEqual(
      accepts,
      forms.map((form) => ({ issuer: form, jwksUri: `${form}/.well-known/jwks.json` })),
    );
  });

  it('has the issuer at localUrl in the emulator', () => {
    const { issuer, accepts } = profileOf({ ...ACCESS, localUrl: 'http://127.0.0.1:9229' });
    assert.equal(issuer, 'http://127.0.0.1:9229/eu-west-1_AbC123');
    assert.deepEqual(accepts, [{ issuer, jwksUri: `${issuer}/.well-known/jwks.json` }]);
  });

  it('distinguishes access tokens with client_id from ID tokens with aud', () => {
    assert.equal(reasonFor(ACCESS, accessClaims), undefined);
    assert.equal(reasonFor(ID, idClaims), undefined);
    assert.equal(reasonFor(ACCESS, { ...idClaims, client_id: 'web' }), 'wrong-claim');
    assert.equal(reasonFor(ID, { ...accessClaims, aud: 'web' }), 'wrong-claim');
    assert.equal(reasonFor(ACCESS, { ...accessClaims, client_id: 'other' }), 'wrong-client');
    assert.equal(reasonFor(ID, { ...idClaims, aud: ['web', 'other'] }), 'wrong-audience');
  });

  it('refuses an access token that is bound to another API (RFC 8707)', () => {
    assert.equal(
      reasonFor(ACCESS, { ...accessClaims, aud: 'https://other.example.com' }),
      'bound-to-another-api',
    );
    assert.equal(
      reasonFor(ACCESS, { ...accessClaims, aud: ['web', 'https://o.example'] }),
      'bound-to-another-api',
    );
    assert.equal(reasonFor(ACCESS, { ...accessClaims, aud: 'web' }), undefined);
  });

  it('requires the audience if the entry has one', () => {
    const bound = { ...ACCESS, audience: 'https://api.example.com' };
    assert.equal(reasonFor(bound, { ...accessClaims, aud: 'https://api.example.com' }), undefined);
    assert.equal(reasonFor(bound, { ...accessClaims, aud: ['https://api.example.com', 'x'] }), undefined);
    for (const aud of [undefined, 'web', 'https://other.example.com'])
      assert.equal(reasonFor(bound, { ...accessClaims, aud }), 'wrong-audience');
  });

  it('requires auth_time, which a revocation is compared with', () => {
    assert.deepEqual([profileOf(ACCESS).authTime, profileOf(ID).authTime], ['required', 'required']);
  });

  it('treats a client without a user as a service', () => {
    assert.equal(isService(ACCESS, { sub: 'web', client_id: 'web' }), true);
    assert.equal(isService(ACCESS, accessClaims), false);
    assert.equal(isService(ACCESS, { sub: 'web', client_id: 'web', username: 'web' }), false);
  });
});

const TENANT = { type: 'auth0', domain: 'shop.eu.auth0.com', audience: 'https://api' };
const auth0Claims = {
  sub: 'auth0|1',
  aud: ['https://api', 'https://shop.eu.auth0.com/userinfo'],
  azp: 'spa',
};

describe('the profile of an Auth0 tenant', () => {
  it('requires the organization if the entry has some', () => {
    const tenant = { ...TENANT, organizationIds: ['org_a', 'org_b'] };
    for (const org_id of ['org_a', 'org_b'])
      assert.equal(reasonFor(tenant, { ...auth0Claims, org_id }), undefined);
    for (const org_id of [undefined, null, '', 'org_c', 'ORG_A', 'org_a ', ['org_a'], { org_a: 1 }])
      assert.equal(reasonFor(tenant, { ...auth0Claims, org_id }), 'wrong-claim', JSON.stringify(org_id));
    const named = { ...auth0Claims, org_name: 'org_a', organization: 'org_a' };
    assert.equal(reasonFor(tenant, named), 'wrong-claim');
    assert.equal(reasonFor(TENANT, { ...auth0Claims, org_id: 'org_c' }), undefined);
  });

  it('has an issuer with a trailing slash', () => {
    const accepts = [
      { issuer: 'https://shop.eu.auth0.com/', jwksUri: 'https://shop.eu.auth0.com/.well-known/jwks.json' },
    ];
    assert.deepEqual(profileOf(TENANT).accepts, accepts);
    const local = profileOf({ ...TENANT, localUrl: 'http://localhost:3000' });
    assert.deepEqual(local.accepts, [
      { issuer: 'http://localhost:3000/', jwksUri: 'http://localhost:3000/.well-known/jwks.json' },
    ]);
  });

  it('accepts both access token profiles, and no ID token', () => {
    const { azp: client_id, ...rfc9068 } = auth0Claims;
    assert.equal(reasonFor(TENANT, auth0Claims), undefined);
    assert.equal(reasonFor(TENANT, { ...rfc9068, client_id }, { typ: 'at+jwt' }), undefined);
    assert.equal(reasonFor(TENANT, { ...rfc9068, aud: 'https://api' }), 'id-token-as-access-token');
    assert.equal(reasonFor(TENANT, { ...auth0Claims, nonce: 'n' }), 'id-token-as-access-token');
    assert.equal(
      reasonFor({ ...TENANT, audience: 'spa' }, { ...auth0Claims, aud: 'spa' }),
      'id-token-as-access-token',
    );
    assert.equal(reasonFor({ ...TENANT, clientIds: ['ios'] }, auth0Claims), 'wrong-client');
  });

  it('treats only client credentials as a service, not a user with a similar name', () => {
    assert.equal(isService(TENANT, { sub: 'job@clients', azp: 'job', gty: 'client-credentials' }), true);
    assert.equal(isService(TENANT, { sub: 'job@clients', client_id: 'job' }), true);
    assert.equal(isService(TENANT, { sub: 'renamed', azp: 'job', gty: 'client-credentials' }), true);
    assert.equal(isService(TENANT, { sub: 'auth0|eve@clients', azp: 'spa' }), false);
    assert.equal(isService(TENANT, { sub: 'undefined@clients' }), false);
  });
});

const OIDC = { type: 'oidc', issuer: 'https://login.example.com', audience: 'api' };

describe('the profile of another OpenID issuer', () => {
  it('requires the `typ` of the token use by default', () => {
    const { typ, accepts, maxLifetime } = profileOf(OIDC);
    assert.deepEqual(
      [typ, accepts, maxLifetime],
      [['at+jwt'], [{ issuer: 'https://login.example.com', jwksUri: null }], 86_400],
    );
    assert.deepEqual(profileOf({ ...OIDC, tokenUse: 'id' }).typ, ['', 'jwt']);
    assert.equal(profileOf({ ...OIDC, typ: null, clientIds: ['web'], maxLifetime: 60 }).typ, null);
  });

  it('treats as a service a client without a user, and a token that `services` matches', () => {
    assert.equal(isService(OIDC, { sub: 'job', client_id: 'job' }), true);
    assert.equal(isService(OIDC, { sub: 'ada', client_id: 'web' }), false);
    const services = { claim: 'idtyp', equals: 'app' };
    assert.equal(isService({ ...OIDC, services }, { sub: 'x', idtyp: 'app' }), true);
    assert.equal(isService({ ...OIDC, services }, { sub: 'x', idtyp: ['app'] }), false);
    assert.equal(isService({ ...OIDC, services, tokenUse: 'id' }, { sub: 'x', idtyp: 'app' }), false);
  });
});

describe('the profile of a Firebase project', () => {
  const project = { type: 'firebase', projectId: 'shop-1' };

  it('takes the roles from the claims of Gatehouse until they expire', () => {
    const { access, isService: service, authTime, maxLifetime } = profileOf(project);
    assert.deepEqual([authTime, maxLifetime], ['required', 3600]);
    const claims = { roles: ['admin', 'member'], rv: 3, rx: { admin: 100 } };
    assert.deepEqual(access(claims, 'user', 99), { roles: ['admin', 'member'], permissions: [], until: 100 });
    assert.deepEqual(access(claims, 'user', 100).roles, ['member']);
    assert.equal(service({ sub: 'a', client_id: 'a' }), false);
  });

  it('rejects users of a tenant: the project may have other users with the same ids', () => {
    const claims = { sub: 'ada', aud: 'shop-1', firebase: { sign_in_provider: 'password' } };
    assert.equal(reasonFor(project, claims), undefined);
    assert.equal(reasonFor(project, { ...claims, firebase: { tenant: 't1' } }), 'tenant-token');
    assert.equal(reasonFor(project, { ...claims, firebase: undefined }), undefined);
  });
});
