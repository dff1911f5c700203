import assert from 'node:assert/strict';
import type { IssuerProfile } from '../../../../src/authn/oidc/issuer-profile.ts';
import { rejectReason } from '../../../../src/authn/oidc/reject-reason.ts';
import { unverified } from '../../../helpers/signing.ts';
import { parseTrustedIssuers } from '../../../helpers/trusted-issuers.ts';

const [base] = parseTrustedIssuers(
  JSON.stringify([{ type: 'oidc', issuer: 'https://login.example.com', audience: ['api', 'api2'] }]),
  { local: false, allowFirebase: false },
);
const GOOD = { sub: 'ada', aud: 'api' };

function flaw(
  claims: Record<string, unknown>,
  header: Record<string, unknown> = {},
  facts: Partial<IssuerProfile> = {},
): string | undefined {
  const profile = { ...(base ?? assert.fail()), ...facts };
  const rejection = rejectReason(unverified({ ...GOOD, ...claims }, { typ: 'at+jwt', ...header }), profile);
  return rejection && (rejection.logDetail ?? rejection.reason);
}

describe('the flaw in a token', () => {
  it('is none in a good one', () => {
    assert.equal(flaw({}), undefined);
  });

  it('is an algorithm outside the profile, in any spelling, or no signature', () => {
    for (const alg of ['none', 'None', 'HS256', 'rs256', 'ES256', 'PS256', '', null, undefined, ['RS256'], 1])
      assert.equal(flaw({}, { alg }), 'wrong-algorithm');
    const unsigned = { ...unverified(GOOD, { typ: 'at+jwt' }), signed: false };
    assert.deepEqual(rejectReason(unsigned, base ?? assert.fail()), { reason: 'wrong-algorithm' });
  });

  it('is a key id that no issuer gives', () => {
    for (const kid of [undefined, '', 1, ['k'], 'a b', 'k\n', '\u0000', 'ö', 'k'.repeat(129), null])
      assert.equal(flaw({}, { kid }), 'no-usable-kid');
    for (const kid of ['k'.repeat(128), '../../etc/passwd', '__proto__', "' OR 1=1--".replaceAll(' ', '+')])
      assert.equal(flaw({}, { kid }), undefined, kid);
  });

  it('is a media type of another kind of token (RFC 9068 §4)', () => {
    for (const typ of ['AT+JWT', 'application/at+jwt', 'Application/AT+JWT'])
      assert.equal(flaw({}, { typ }), undefined, typ);
    for (const typ of ['JWT', undefined, '', 'logout+jwt', 'dpop+jwt', 'xapplication/at+jwt', 7, ['at+jwt']])
      assert.equal(flaw({}, { typ }), 'wrong-typ');
  });

  it('is no media type only where the profile wants one', () => {
    assert.equal(flaw({}, { typ: undefined }, { typ: ['', 'jwt'] }), undefined);
    assert.equal(flaw({}, { typ: '' }, { typ: ['', 'jwt'] }), 'wrong-typ');
    assert.equal(flaw({}, { typ: 'anything' }, { typ: null }), undefined);
  });

  it('is a subject that could not name anybody', () => {
    for (const sub of [undefined, '', 7, ['ada'], 'a/b', 'a\u0000', 's'.repeat(129), '.', '__x__', null])
      assert.equal(flaw({ sub }), 'no-usable-sub');
  });

  it('is an audience without us, compared whole', () => {
    for (const aud of [undefined, '', 'AP', 'api3', 'API', 'api ', ['x'], [], [['api']], { api: 1 }, 7, null])
      assert.equal(flaw({ aud }), 'wrong-audience');
    for (const aud of ['api', 'api2', ['x', 'api']]) assert.equal(flaw({ aud }), undefined);
    assert.equal(flaw({ aud: undefined }, {}, { audience: null }), undefined);
  });

  it('is an ID token that is for others, too', () => {
    const id = { tokenUse: 'id' } as const;
    assert.equal(flaw({ aud: ['api', 'x'] }, {}, id), 'wrong-audience');
    assert.equal(flaw({ aud: ['api', 'api2'] }, {}, id), 'wrong-audience');
    assert.equal(flaw({ aud: ['api'] }, {}, id), undefined);
  });

  it('is a client outside the list, where there is one', () => {
    const clients = { clientIds: ['web'] };
    for (const claims of [
      {},
      { client_id: 'x' },
      { azp: 'x' },
      { client_id: 'x', azp: 'web' },
      { azp: ['web'] },
    ])
      assert.equal(flaw(claims, {}, clients), 'wrong-client');
    for (const claims of [{ client_id: 'web' }, { azp: 'web' }])
      assert.equal(flaw(claims, {}, clients), undefined);
  });

  it('is a claim with another text than the one asked for', () => {
    const wanted = { claims: { hd: 'example.com' } };
    assert.equal(flaw({ hd: 'example.com' }, {}, wanted), undefined);
    for (const hd of [undefined, 'example.org', 'EXAMPLE.COM', ['example.com'], { 'example.com': 1 }])
      assert.equal(flaw({ hd }, {}, wanted), 'wrong hd');
    assert.equal(flaw({}, {}, { claims: { constructor: 'Object' } }), 'wrong constructor');
    const profile = { ...(base ?? assert.fail()), ...wanted };
    const token = unverified({ ...GOOD, hd: 'x' }, { typ: 'at+jwt' });
    assert.equal(rejectReason(token, profile)?.reason, 'wrong-claim');
  });

  it('is that it is a logout token or another event', () => {
    const events = { 'http://schemas.openid.net/event/backchannel-logout': {} };
    assert.equal(flaw({ events }), 'event-token');
  });

  it('is a claim of ID tokens in an access token', () => {
    for (const claim of ['nonce', 'at_hash', 'c_hash', 's_hash']) {
      assert.equal(flaw({ [claim]: 'x' }), 'id-token-as-access-token');
      assert.equal(flaw({ [claim]: 'x' }, {}, { tokenUse: 'id' }), undefined);
    }
  });
});
