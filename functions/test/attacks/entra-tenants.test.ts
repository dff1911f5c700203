import assert from 'node:assert/strict';
import { type Api, openApi } from '../helpers/api.ts';
import { forge } from '../helpers/forge.ts';
import { type KeyServer, openKeyServer } from '../helpers/key-server.ts';
import { createKey, type IssuerKey, publicJwk, signer } from './signers.ts';

/** A multi-tenant app of Entra ID: the same keys sign the tokens of every tenant. Real signatures. */

const [ONE, TWO, OTHER] = ['a', 'b', '9'].map(
  (digit) => `${digit.repeat(8)}-2222-3333-4444-555555555555`,
) as [string, string, string];
const CONSUMERS = '9188040d-6c67-4c5b-b112-36a304b66dad';
const issuerOf = (tenant: string) => `https://login.microsoftonline.com/${tenant}/v2.0`;
const TEMPLATE = issuerOf('{tenantid}');

const entry = {
  ...{ type: 'oidc', issuer: TEMPLATE, tenantIds: [ONE, TWO], audience: 'api', typ: ['jwt'] },
  ...{ claims: { ver: '2.0' }, services: { claim: 'idtyp', equals: 'app' }, map: { everyone: ['member'] } },
};

const shared = createKey('RSA', 'shared');
const ofTwo = createKey('RSA', 'of-two');
const ofConsumers = createKey('RSA', 'of-consumers');
const keys = [
  { ...publicJwk(shared), issuer: TEMPLATE },
  { ...publicJwk(ofTwo), issuer: issuerOf(TWO) },
  { ...publicJwk(ofConsumers), issuer: issuerOf(CONSUMERS) },
];

describe('a multi-tenant app of Entra ID', () => {
  let api: Api;
  let server: KeyServer;
  const now = Math.floor(Date.now() / 1000);
  before(async () => {
    server = await openKeyServer();
    server.answer((req, res) => {
      const [, tenant = ''] = req.url?.split('/') ?? [];
      const document = {
        issuer: issuerOf(tenant),
        jwks_uri: `https://login.microsoftonline.com/${tenant}/keys`,
      };
      res.writeHead(200).end(JSON.stringify(req.url?.endsWith('/keys') ? { keys } : document));
    });
    api = await openApi({
      product: { trustedIssuers: [entry] },
      ...{ clock: () => now * 1000, fetch: server.fetch },
    });
  });
  after(() => Promise.all([api.close(), server.close()]));

  const send = async (claims: object, key: IssuerKey = shared) => {
    const payload = { aud: 'api', sub: 'u1', ver: '2.0', iat: now - 5, exp: now + 600, ...claims };
    const token = forge({ alg: 'RS256', kid: key.kid, typ: 'JWT' }, payload, signer('RS256', key));
    const { status, body } = await api.as().get('/v1/me').set('Authorization', `Bearer ${token}`);
    return status === 200 ? String(body.identity.issuer) : `${status} ${body.code}`;
  };
  const refused = async (claims: object, key?: IssuerKey) =>
    assert.equal(await send(claims, key), '401 invalid_token', JSON.stringify(claims));

  it('accepts each listed tenant, and the principal’s issuer is that tenant', async () => {
    for (const tid of [ONE, TWO]) assert.equal(await send({ iss: issuerOf(tid), tid }), issuerOf(tid));
  });

  it('refuses a tenant that is not listed, without fetching anything for it', async () => {
    const before = server.requests.length;
    for (const tid of [OTHER, CONSUMERS, 'common', 'organizations', 'consumers', '{tenantid}', ''])
      await refused({ iss: issuerOf(tid), tid });
    assert.equal(server.requests.length, before);
  });

  it('refuses an issuer and a tid that disagree', async () => {
    for (const [iss, tid] of [
      [ONE, TWO],
      [TWO, ONE],
      [ONE, OTHER],
      [OTHER, ONE],
      ['{tenantid}', ONE],
      ['common', ONE],
    ] as const)
      await refused({ iss: issuerOf(iss), tid });
  });

  it('refuses a tid that is missing or not exactly the id', async () => {
    const odd = [undefined, null, '', 1, true, [ONE], { id: ONE }, `${ONE} `, ONE.toUpperCase(), `{${ONE}}`];
    for (const tid of odd) await refused({ iss: issuerOf(ONE), tid });
  });

  it('refuses other spellings of the issuer, and the older form of the same tenant', async () => {
    for (const iss of [
      issuerOf(ONE).replace('/v2.0', ''),
      `${issuerOf(ONE)}/`,
      issuerOf(ONE.toUpperCase()),
      `https://sts.windows.net/${ONE}/`,
      `${issuerOf(ONE)}/../${TWO}/v2.0`,
      [issuerOf(ONE)],
    ])
      await refused({ iss, tid: ONE });
  });

  it('refuses a signature by a key that names another tenant as its issuer', async () => {
    await refused({ iss: issuerOf(ONE), tid: ONE }, ofTwo);
    assert.equal(await send({ iss: issuerOf(TWO), tid: TWO }, ofTwo), issuerOf(TWO));
    await refused({ iss: issuerOf(ONE), tid: ONE }, ofConsumers);
    await refused({ iss: issuerOf(TWO), tid: TWO }, ofConsumers);
    const skipped = api.lines.filter(({ kind }) => kind === 'keysSkipped').map((line) => line.skipped);
    assert.deepEqual(skipped, [
      ['of-two: belongs to another issuer', 'of-consumers: belongs to another issuer'],
      ['of-consumers: belongs to another issuer'],
    ]);
  });

  it('keeps the users of two tenants with one subject apart', async () => {
    const ids = await Promise.all(
      [ONE, TWO].map(async (tid) => {
        const { principal } = await verify({ iss: issuerOf(tid), tid, sub: 'same' });
        return principal.directoryId;
      }),
    );
    assert.notEqual(ids[0], ids[1]);
  });

  const verify = async (claims: object) => {
    const payload = { aud: 'api', ver: '2.0', iat: now - 5, exp: now + 600, ...claims };
    const token = forge({ alg: 'RS256', kid: 'shared', typ: 'JWT' }, payload, signer('RS256', shared));
    return api.deps.bearer.authenticate(token, now);
  };
});
