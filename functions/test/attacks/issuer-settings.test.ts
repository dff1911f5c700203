import assert from 'node:assert/strict';
import { ALGORITHMS } from '../../src/authn/oidc/issuer-profile.ts';
import { FORBIDDEN_HEADER_KEYS } from '../../src/authn/parse-jws.ts';
import { type Api, openApi } from '../helpers/api.ts';
import { forge } from '../helpers/forge.ts';
import { type KeyServer, openKeyServer } from '../helpers/key-server.ts';
import { createKey, type IssuerKey, publicJwk, signer } from './signers.ts';

/** Settings that accept more than the default: what they must not accept, with real signatures. */

const keyFor = (alg: string): IssuerKey => {
  const curves: Readonly<Record<string, Parameters<typeof createKey>[0]>> = {
    ...{ ES256: 'P-256', ES384: 'P-384', ES512: 'P-521', EdDSA: 'Ed25519' },
  };
  return createKey(curves[alg] ?? 'RSA', alg);
};
const keys = new Map(ALGORITHMS.map((alg) => [alg, keyFor(alg)]));
const keyOf = (alg: string) => keys.get(ALGORITHMS.find((one) => one === alg) ?? 'RS256') ?? assert.fail();

const issuerOf = (name: string) => `https://${name.toLowerCase()}.example.com`;
const entry = (name: string, fields: object) => ({
  ...{ type: 'oidc', issuer: issuerOf(name), jwksUri: `${issuerOf(name)}/keys`, audience: 'api', typ: null },
  ...{ map: { everyone: ['member'] }, ...fields },
});
const HEADER_KEYS = ['cat', 'oiat', 'pi.atm'];
const trustedIssuers = [
  ...ALGORITHMS.map((alg) => entry(alg, { algorithms: [alg] })),
  entry('headers', { headerKeys: HEADER_KEYS }),
  {
    ...{ type: 'auth0', domain: 'auth0.example.com', audience: 'api', organizationIds: ['org_a', 'org_b'] },
    map: { everyone: ['member'] },
  },
  entry('long', { maxLifetime: 86_700 }),
];

describe('settings of an issuer', () => {
  let api: Api;
  let server: KeyServer;
  const now = Math.floor(Date.now() / 1000);
  before(async () => {
    server = await openKeyServer();
    // Every key of every algorithm, without `alg`: the entry alone decides.
    server.publish({ keys: [...keys.values()].map(publicJwk) });
    api = await openApi({ product: { trustedIssuers }, clock: () => now * 1000, fetch: server.fetch });
  });
  after(() => Promise.all([api.close(), server.close()]));

  interface Changes {
    readonly header?: object;
    readonly claims?: object;
    readonly key?: IssuerKey;
  }
  const send = async (name: string, alg: string, { header, claims, key = keyOf(alg) }: Changes = {}) => {
    const payload = { iss: issuerOf(name), aud: 'api', sub: 'u1', iat: now - 5, exp: now + 600, ...claims };
    const token = forge({ alg, kid: key.kid, ...header }, payload, signer(alg, key));
    const { status, body } = await api.as().get('/v1/me').set('Authorization', `Bearer ${token}`);
    return status === 200 ? '200' : `${status} ${body.code}`;
  };

  for (const alg of ALGORITHMS) {
    it(`accepts ${alg} where it is listed, and no other algorithm there`, async () => {
      assert.equal(await send(alg, alg), '200');
      for (const other of ALGORITHMS.filter((one) => one !== alg))
        assert.equal(await send(alg, other), '401 invalid_token', other);
    });

    it(`refuses another algorithm’s signature under ${alg}`, async () => {
      for (const other of ALGORITHMS.filter((one) => one !== alg)) {
        const answer = await send(alg, other, { header: { alg } });
        assert.equal(answer, '401 invalid_token', other);
      }
    });
  }

  it('accepts the named header parameters, alone and together, in any shape', async () => {
    for (const header of [
      { cat: 'cl1' },
      { oiat: now },
      { 'pi.atm': '4' },
      { cat: [1], oiat: {}, 'pi.atm': null },
    ])
      assert.equal(await send('headers', 'RS256', { header }), '200', JSON.stringify(header));
  });

  it('refuses header parameters with other names, and those of another issuer’s entry', async () => {
    for (const header of [{ Cat: 'x' }, { 'pi.at': 'x' }, { cat: 'x', cty: 'JWT' }, { x5t: 'x' }])
      assert.equal(await send('headers', 'RS256', { header }), '401 invalid_token', JSON.stringify(header));
    assert.equal(await send('RS256', 'RS256', { header: { cat: 'x' } }), '401 invalid_token');
  });

  it('refuses parameters that offer a key or change the processing, with any allowed ones', async () => {
    for (const key of FORBIDDEN_HEADER_KEYS) {
      const header = { cat: 'x', [key]: key === 'crit' ? ['cat'] : 'https://evil.example/keys' };
      assert.equal(await send('headers', 'RS256', { header }), '401 invalid_token', key);
    }
  });

  it('accepts an organization of Auth0 that is listed, and no other value of org_id', async () => {
    const sendTo = (claims: object) =>
      send('auth0', 'RS256', {
        ...{ header: { typ: 'JWT' }, claims: { iss: 'https://auth0.example.com/', azp: 'spa', ...claims } },
      });
    for (const org_id of ['org_a', 'org_b']) assert.equal(await sendTo({ org_id }), '200');
    for (const org_id of [undefined, null, '', 'org_c', 'Org_a', ['org_a'], 'org_a,org_b', { id: 'org_a' }])
      assert.equal(await sendTo({ org_id }), '401 invalid_token', JSON.stringify(org_id));
    assert.equal(await sendTo({ org_name: 'org_a', sub: 'org_a' }), '401 invalid_token');
  });

  it('accepts the lifetime of a managed identity of Entra where it is set, and no second more', async () => {
    const claims = { iat: now - 300, exp: now + 86_400 };
    assert.equal(await send('long', 'RS256', { claims }), '200');
    assert.equal(
      await send('long', 'RS256', { claims: { ...claims, exp: now + 86_401 } }),
      '401 invalid_token',
    );
    assert.equal(await send('RS256', 'RS256', { claims }), '401 invalid_token', 'the default is a day');
  });

  it('refuses an encrypted token, and says in the log what to do', async () => {
    const header = Buffer.from('{"alg":"dir","enc":"A256GCM","iss":"x"}').toString('base64url');
    const encrypted = `${header}..AAAA.AAAA.AAAA`;
    const { status } = await api.as().get('/v1/me').set('Authorization', `Bearer ${encrypted}`);
    assert.equal(status, 401);
    const { reason, detail } = api.lines.at(-1) ?? assert.fail();
    assert.equal(reason, 'malformed-token');
    assert.match(String(detail), /^encrypted token \(JWE\); request an audience/);
  });

  it('accepts the claims of the issue: an ISO auth_time, and fractions in iat and exp', async () => {
    const claims = { auth_time: '2026-11-30T10:00:00.000Z', iat: now - 4.5, exp: now + 599.25 };
    assert.equal(await send('RS256', 'RS256', { claims }), '200');
  });
});
