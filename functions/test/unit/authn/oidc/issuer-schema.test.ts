import assert from 'node:assert/strict';
import { ALGORITHMS } from '../../../../src/authn/oidc/issuer-profile.ts';
import { issuerSchema } from '../../../../src/authn/oidc/providers/index.ts';

const COGNITO = {
  ...{ type: 'cognito', region: 'eu-west-1', userPoolId: 'eu-west-1_AbC123' },
  ...{ clientIds: ['web'], tokenUse: 'access' },
};
const AUTH0 = { type: 'auth0', domain: 'shop.eu.auth0.com', audience: 'https://api' };
const OIDC = { type: 'oidc', issuer: 'https://login.example.com/', audience: 'api' };

/** Names of the invalid fields. */
function wrong(entry: unknown): string[] {
  const parsed = issuerSchema.safeParse(entry);
  return parsed.success ? [] : parsed.error.issues.map(({ path }) => path.join('.'));
}

describe('issuerSchema', () => {
  it('gives no access by default', () => {
    const [{ access, jitProvisioning, tokenExchange } = assert.fail()] = [issuerSchema.parse(OIDC)].flat();
    const rights = access({ groups: ['admin'], permissions: ['notes:read'], scope: 'notes:read' }, 'user', 0);
    assert.deepEqual(rights, { roles: [], permissions: [], until: Number.POSITIVE_INFINITY });
    assert.deepEqual([jitProvisioning, tokenExchange], [false, false]);
  });

  const good: Record<string, object> = {
    'a pool of GovCloud': { ...COGNITO, region: 'us-gov-west-1', userPoolId: 'us-gov-west-1_a' },
    'a local pool with an id that has another prefix': {
      ...{ ...COGNITO, userPoolId: 'local_abc', localUrl: 'http://127.0.0.1:9229' },
    },
    'an audience for access tokens of Cognito': { ...COGNITO, audience: 'https://api' },
    'a custom domain': { ...AUTH0, domain: 'login.example.com', clientIds: ['spa'] },
    'several audiences': { ...OIDC, audience: ['a', 'b'] },
    'a path in the issuer': { ...OIDC, issuer: 'https://sso.example.com/realms/shop' },
    'any media type with typ: null': { ...OIDC, typ: null },
    'the longest lifetime': { ...OIDC, maxLifetime: 30 * 86_400 },
    'named header keys': { ...OIDC, headerKeys: ['x5t', 'x5t#S256', 'cat', 'oiat', 'pi.atm'] },
    'header keys of a Cognito pool': { ...COGNITO, headerKeys: ['cat'] },
    'all algorithms': { ...OIDC, algorithms: [...ALGORITHMS] },
    'claims with one or several values': { ...OIDC, claims: { hd: 'a.example', org: ['a', 'b'] } },
    'a key set of 4 MiB': { ...AUTH0, maxKeySetBytes: 4 * 1024 * 1024 },
    'claims that prove a second factor': { ...OIDC, aal2: { amr: ['mfa', 'otp'], acr: 'phrh' } },
    'organizations of Auth0': { ...AUTH0, organizationIds: ['org_a', 'org_b'] },
  };
  for (const [what, entry] of Object.entries(good)) {
    it(`accepts ${what}`, () => assert.deepEqual(wrong(entry), []));
  }

  const bad: readonly (readonly [field: string, ...entries: object[]])[] = [
    ['region', { ...COGNITO, region: 'EU-WEST-1' }, { ...COGNITO, region: 'eu-west-1.evil.example/' }],
    [
      'userPoolId',
      { ...COGNITO, userPoolId: 'eu-west-2_AbC' },
      { ...COGNITO, userPoolId: 'eu-west-1_a/../b' },
      { ...COGNITO, userPoolId: '' },
    ],
    [
      'clientIds',
      { ...COGNITO, clientIds: [] },
      { ...AUTH0, clientIds: [] },
      { ...COGNITO, clientIds: 'web' },
    ],
    ['tokenUse', { ...COGNITO, tokenUse: undefined }, { ...COGNITO, tokenUse: 'refresh' }],
    [
      'domain',
      { ...AUTH0, domain: 'https://shop.auth0.com' },
      { ...AUTH0, domain: 'shop.auth0.com/' },
      { ...AUTH0, domain: 'localhost' },
      { ...AUTH0, domain: 'a@evil.example' },
    ],
    [
      'audience',
      { ...AUTH0, audience: '' },
      { ...AUTH0, audience: undefined },
      { ...OIDC, audience: [] },
      { ...OIDC, audience: undefined },
      { ...COGNITO, tokenUse: 'id', audience: 'x' },
    ],
    [
      'issuer',
      { ...OIDC, issuer: 'login.example.com' },
      { ...OIDC, issuer: 'http://login.example.com' },
      { ...OIDC, issuer: 'http://localhost.evil.example/' },
      { ...OIDC, issuer: 'http://127.0.0.1@evil.example/' },
      { ...OIDC, issuer: 'https://login.example.com/?a' },
      { ...OIDC, issuer: 'https://login.example.com/#a' },
      { ...OIDC, issuer: 'file:///etc/passwd' },
      { ...OIDC, issuer: 'javascript:alert(1)' },
    ],
    ['jwksUri', { ...OIDC, jwksUri: 'http://login.example.com/keys' }, { ...OIDC, jwksUri: '/keys' }],
    [
      'localUrl',
      { ...COGNITO, localUrl: 'http://127.0.0.1:1/' },
      { ...AUTH0, localUrl: 'http://10.0.0.1:1' },
    ],
    ['algorithms', { ...OIDC, algorithms: [] }, { ...OIDC, algorithms: 'RS256' }],
    [
      'algorithms.0',
      ...['none', 'HS256', 'HS384', 'RS1', 'rs256', 'ES256K', 'RSA-OAEP'].map((alg) => ({
        ...OIDC,
        algorithms: [alg],
      })),
    ],
    ['typ', { ...OIDC, typ: [] }, { ...OIDC, typ: 'jwt' }],
    ...['jwk', 'jku', 'x5u', 'x5c', 'trust_chain', 'crit', 'b64', 'zip', 'enc', 'p2c', ''].map(
      (key) => ['headerKeys.0', { ...OIDC, headerKeys: [key] }, { ...AUTH0, headerKeys: [key] }] as const,
    ),
    ['maxKeySetBytes', { ...OIDC, maxKeySetBytes: 1023 }, { ...OIDC, maxKeySetBytes: 4 * 1024 * 1024 + 1 }],
    ['organizationIds', { ...AUTH0, organizationIds: [] }, { ...AUTH0, organizationIds: 'org_a' }],
    ['organizationIds.0', { ...AUTH0, organizationIds: [''] }],
    ['maxLifetime', ...[0, 59, 1.5, '60', 30 * 86_400 + 1].map((maxLifetime) => ({ ...OIDC, maxLifetime }))],
    ['jitProvisioning', { ...OIDC, jitProvisioning: 'yes' }],
    ['claims.a', { ...OIDC, claims: { a: 1 } }, { ...OIDC, claims: { a: [] } }],
    ['aal2', { ...OIDC, aal2: ['mfa'] }, { ...AUTH0, aal2: 'mfa' }, { ...COGNITO, aal2: null }],
    [
      'aal2.amr',
      { ...OIDC, aal2: { amr: [] } },
      { ...OIDC, aal2: { amr: true } },
      { ...OIDC, aal2: { amr: '' } },
    ],
    ['services.equals', { ...OIDC, services: { claim: 'a' } }],
    ['', { ...OIDC, audiences: 'x' }, { ...AUTH0, issuer: 'x' }, { ...COGNITO, mapping: {} }],
    ['type', { ...OIDC, type: 'OIDC' }, { ...OIDC, type: undefined }],
    ['projectId', { type: 'firebase', projectId: 'a/b' }],
  ];
  for (const [field, ...entries] of bad) {
    for (const entry of entries) {
      it(`refuses ${field || 'unknown field'} in ${JSON.stringify(entry)}`, () => {
        assert.ok(wrong(entry).includes(field), wrong(entry).join());
      });
    }
  }
});
