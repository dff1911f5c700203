import assert from 'node:assert/strict';
import { createTokenVerifiers } from '../../../../src/authn/oidc/external-token.ts';
import { type KeyServer, openKeyServer } from '../../../helpers/key-server.ts';
import { silentLog } from '../../../helpers/log.ts';
import { assertRefused } from '../../../helpers/refusal.ts';
import { createSigningPair, parsed } from '../../../helpers/signing.ts';
import { parseTrustedIssuers } from '../../../helpers/trusted-issuers.ts';

const NOW = 1_800_000_000;
const POOL = {
  ...{ type: 'cognito', region: 'eu-west-1', userPoolId: 'eu-west-1_AbC123', clientIds: ['web'] },
};
const CANONICAL = 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbC123';
const SECOND_FORM = CANONICAL.replace('cognito-idp', 'issuer-cognito-idp');
const OKTA = {
  type: 'oidc',
  issuer: 'https://a.okta.example',
  audience: 'api',
  jwksUri: 'https://a.okta.example/k',
};

describe('createTokenVerifiers', () => {
  let server: KeyServer;
  before(async () => {
    server = await openKeyServer();
  });
  after(() => server.close());

  const create = (...entries: object[]) =>
    createTokenVerifiers({
      profiles: parseTrustedIssuers(JSON.stringify(entries), { local: false, allowFirebase: false }),
      ...{ fetch: server.fetch, clock: () => NOW * 1000, log: silentLog, records: null },
    });

  it('returns nothing without issuers', () => assert.deepEqual(create(), []));

  it('returns one verifier per issuer, with one or more entries, without any request', () => {
    const all = create(
      { ...POOL, tokenUse: 'access' },
      { ...OKTA, headerKeys: ['x5t'] },
      { ...POOL, tokenUse: 'id' },
    );
    assert.deepEqual(
      all.map(({ issuers, headerKeys }) => [...issuers, ...headerKeys]),
      [
        [CANONICAL, SECOND_FORM],
        [OKTA.issuer, 'x5t'],
      ],
    );
    assert.deepEqual(server.requests, []);
  });

  it('verifies access tokens and ID tokens of one pool, each by its own entry', async () => {
    const pair = await createSigningPair('RS256', 'k1');
    server.publish({ keys: [pair.jwk] });
    const [verifier] = create(
      { ...POOL, tokenUse: 'access', map: { everyone: ['member'] } },
      { ...POOL, tokenUse: 'id', map: { groups: { staff: ['support'] } } },
    );
    const common = { sub: 'u', iat: NOW, auth_time: NOW, exp: NOW + 60, 'cognito:groups': ['staff'] };
    const access = { ...common, token_use: 'access', client_id: 'web', username: 'ada' };
    const id = { ...common, token_use: 'id', aud: 'web' };
    const roles = async (claims: object) => {
      const verified = await verifier?.verify(parsed(await pair.sign({ ...claims })), NOW);
      return [verified?.principal.issuer, ...(verified?.principal.roles ?? [])];
    };
    assert.deepEqual(await roles({ ...access, iss: CANONICAL }), [CANONICAL, 'member']);
    assert.deepEqual(server.requests.splice(0), [`${CANONICAL.slice(8)}/.well-known/jwks.json`]);
    // The second form of the issuer has its own keys, and the same users.
    assert.deepEqual(await roles({ ...id, iss: SECOND_FORM }), [CANONICAL, 'support']);
    assert.deepEqual(server.requests.splice(0), [`${SECOND_FORM.slice(8)}/.well-known/jwks.json`]);
    const neither = () => roles({ ...access, iss: CANONICAL, token_use: 'refresh' });
    await assertRefused(neither, 'invalid_token', 'wrong token_use; wrong-audience');
  });

  it('keeps the keys of issuers apart', async () => {
    const [one, other] = [await createSigningPair('RS256', 'same'), await createSigningPair('RS256', 'same')];
    server.answer((req, res) => {
      const { jwk } = req.headers['x-asked-host'] === 'a.okta.example' ? one : other;
      res.writeHead(200).end(JSON.stringify({ keys: [jwk] }));
    });
    const second = { ...OKTA, issuer: 'https://b.okta.example', jwksUri: 'https://b.okta.example/k' };
    const all = create({ ...OKTA, typ: ['jwt'] }, { ...second, typ: ['jwt'] });
    const claims = { iss: OKTA.issuer, aud: 'api', sub: 'ada', iat: NOW, exp: NOW + 60 };
    const present = async (pair: typeof one) => all[0]?.verify(parsed(await pair.sign(claims)), NOW);
    assert.equal((await present(one))?.principal.subject, 'ada');
    await assertRefused(() => present(other), 'invalid_token', 'wrong-signature');
  });
});
