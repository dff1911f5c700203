import assert from 'node:assert/strict';
import { readTrustedIssuers } from '../../../../src/authn/oidc/trusted-issuers.ts';

const ONE = '11111111-2222-3333-4444-555555555555';
const TWO = '22222222-2222-3333-4444-555555555555';
const issuerOf = (tenant: string) => `https://login.microsoftonline.com/${tenant}/v2.0`;
const OIDC = { type: 'oidc', audience: 'api' };
const SEVERAL = { ...OIDC, issuer: issuerOf('{tenantid}'), tenantIds: [ONE, TWO] };
const parse = (...entries: unknown[]) => readTrustedIssuers(entries, { local: false, allowFirebase: false });

const HOW = 'name the tenant by its id, or write {tenantid} and list tenantIds';
const TEMPLATE = `issuer: is a template: ${HOW}`;
const NO_TENANT = `issuer: is in no token of Entra ID: ${HOW}`;

describe('the issuers of Entra ID', () => {
  it('of several tenants are a profile for each, with its issuer and its tid', () => {
    const keys = 'https://login.microsoftonline.com/{tenantid}/discovery/v2.0/keys';
    const profiles = parse({ ...SEVERAL, jwksUri: keys, claims: { ver: '2.0', tid: 'x' } });
    assert.deepEqual(
      profiles.map(({ issuer, accepts, claims }) => ({ issuer, accepts, claims })),
      [ONE, TWO].map((tid) => ({
        issuer: issuerOf(tid),
        accepts: [{ issuer: issuerOf(tid), jwksUri: keys.replace('{tenantid}', tid) }],
        claims: { ver: ['2.0'], tid: [tid] },
      })),
    );
  });

  const refused: readonly (readonly [issuer: string, problem: string])[] = [
    [issuerOf('{tenantid}'), TEMPLATE],
    [issuerOf('{tenantId}'), TEMPLATE],
    [issuerOf('<tenant-id>'), TEMPLATE],
    [issuerOf('common'), NO_TENANT],
    [issuerOf('organizations'), NO_TENANT],
    [issuerOf('consumers'), NO_TENANT],
    [issuerOf('contoso.onmicrosoft.com'), NO_TENANT],
    [issuerOf(`${ONE}0`), NO_TENANT],
    [issuerOf('A1111111-2222-3333-4444-555555555555'), NO_TENANT],
    ['https://login.microsoftonline.com', NO_TENANT],
    ['https://sts.windows.net/common/', NO_TENANT],
    ['https://login.microsoftonline.us/common/v2.0', NO_TENANT],
    ['https://login.partner.microsoftonline.cn/organizations/v2.0', NO_TENANT],
  ];
  for (const [issuer, problem] of refused) {
    it(`refuse ${issuer} at start, and say what to do`, () => {
      const message = `Invalid configuration: trustedIssuers[0].${problem}`;
      assert.throws(() => parse({ ...OIDC, issuer }), { message });
    });
  }

  const accepted = [
    issuerOf(ONE),
    `https://sts.windows.net/${ONE}/`,
    `https://login.microsoftonline.us/${ONE}/v2.0`,
    `https://contoso.b2clogin.com/${ONE}/v2.0/`,
    `https://login.microsoftonline.com/tfp/${ONE}/b2c_1_signin/v2.0/`,
    'https://sso.example.com/realms/common',
    'https://login.example.com/common/v2.0',
    'https://login.windows.net.example.com/common',
  ];
  for (const issuer of accepted) {
    it(`accept ${issuer}`, () => assert.deepEqual(parse({ ...OIDC, issuer })[0]?.issuer, issuer));
  }

  const wrong: readonly (readonly [fields: object, problem: string])[] = [
    [{ tenantIds: [] }, 'tenantIds: is empty'],
    [{ tenantIds: ['common'] }, 'tenantIds[0]: is not the id of a tenant'],
    [{ tenantIds: [ONE, ONE.toUpperCase().replace('1', 'A')] }, 'tenantIds[1]: is not the id of a tenant'],
    [{ issuer: issuerOf(ONE) }, 'tenantIds: needs {tenantid} once in issuer'],
    [{ issuer: issuerOf('{tenantid}/{tenantid}') }, 'tenantIds: needs {tenantid} once in issuer'],
    [{ issuer: `${issuerOf('{tenantid}')}/{policy}` }, TEMPLATE],
    [{ jwksUri: 'https://login.example.com/{tenant}/keys' }, TEMPLATE.replace('issuer', 'jwksUri')],
    [
      { tenantIds: undefined, issuer: 'https://a.example', jwksUri: 'https://a.example/{tenantid}' },
      TEMPLATE.replace('issuer', 'jwksUri'),
    ],
  ];
  for (const [fields, problem] of wrong) {
    it(`refuse ${JSON.stringify(fields)}`, () => {
      const message = `Invalid configuration: trustedIssuers[0].${problem}`;
      assert.throws(() => parse({ ...SEVERAL, ...fields }), { message });
    });
  }

  it('name the entry of a problem by its position in the list, also after several tenants', () => {
    const twice = { ...OIDC, issuer: 'https://login.example.com' };
    assert.throws(() => parse(SEVERAL, twice, twice), {
      message: 'Invalid configuration: trustedIssuers[2]: accepts the same tokens as [1]',
    });
    assert.throws(() => parse({ ...SEVERAL, tenantIds: [ONE, ONE] }), {
      message: 'Invalid configuration: trustedIssuers[0]: accepts the same tokens as [0]',
    });
  });

  it('accept an entry for one tenant before the entry for several', () => {
    const apps = { ...OIDC, issuer: issuerOf(ONE), claims: { idtyp: 'app' } };
    assert.equal(parse(apps, SEVERAL).length, 3);
  });
});
