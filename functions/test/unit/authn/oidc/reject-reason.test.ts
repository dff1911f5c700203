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

function reasonFor(
  claims: Record<string, unknown>,
  header: Record<string, unknown> = {},
  facts: Partial<IssuerProfile> = {},
): string | undefined {
  const profile = { ...(base ?? assert.fail()), ...facts };
  const rejection = rejectReason(unverified({ ...GOOD, ...claims }, { typ: 'at+jwt', ...header }), profile);
  return rejection && (rejection.logDetail ?? rejection.reason);
}

describe('rejectReason', () => {
  it('returns nothing for a valid token', () => {
    assert.equal(reasonFor({}), undefined);
  });

  it('rejects an algorithm outside of the profile, and a token without a signature', () => {
    for (const alg of ['none', 'None', 'HS256', 'rs256', 'ES256', 'PS256', '', null, undefined, ['RS256'], 1])
      assert.equal(reasonFor({}, { alg }), 'wrong-algorithm');
    const unsigned = { ...unverified(GOOD, { typ: 'at+jwt' }), signed: false };
    assert.deepEqual(rejectReason(unsigned, base ?? assert.fail()), { reason: 'wrong-algorithm' });
  });

  it('rejects a kid that is not a short printable string', () => {
    for (const kid of [undefined, '', 1, ['k'], 'a b', 'k\n', '\u0000', 'ö', 'k'.repeat(129), null])
      assert.equal(reasonFor({}, { kid }), 'no-usable-kid');
    for (const kid of ['k'.repeat(128), '../../etc/passwd', '__proto__', "' OR 1=1--".replaceAll(' ', '+')])
      assert.equal(reasonFor({}, { kid }), undefined, kid);
  });

  it('rejects a typ of another kind of token (RFC 9068 §4)', () => {
    for (const typ of ['AT+JWT', 'application/at+jwt', 'Application/AT+JWT'])
      assert.equal(reasonFor({}, { typ }), undefined, typ);
    for (const typ of ['JWT', undefined, '', 'logout+jwt', 'dpop+jwt', 'xapplication/at+jwt', 7, ['at+jwt']])
      assert.equal(reasonFor({}, { typ }), 'wrong-typ');
  });

  it('accepts a missing typ only if the profile allows it', () => {
    assert.equal(reasonFor({}, { typ: undefined }, { typ: ['', 'jwt'] }), undefined);
    assert.equal(reasonFor({}, { typ: '' }, { typ: ['', 'jwt'] }), 'wrong-typ');
    assert.equal(reasonFor({}, { typ: 'anything' }, { typ: null }), undefined);
  });

  it('rejects a sub that cannot identify a user', () => {
    for (const sub of [undefined, '', 7, ['ada'], 'a/b', 'a\u0000', 's'.repeat(129), '.', '__x__', null])
      assert.equal(reasonFor({ sub }), 'no-usable-sub');
  });

  it('rejects an aud that is not exactly one of the audiences', () => {
    for (const aud of [undefined, '', 'AP', 'api3', 'API', 'api ', ['x'], [], [['api']], { api: 1 }, 7, null])
      assert.equal(reasonFor({ aud }), 'wrong-audience');
    for (const aud of ['api', 'api2', ['x', 'api']]) assert.equal(reasonFor({ aud }), undefined);
    assert.equal(reasonFor({ aud: undefined }, {}, { audience: null }), undefined);
  });

  it('rejects an ID token with a second audience', () => {
    const id = { tokenUse: 'id' } as const;
    assert.equal(reasonFor({ aud: ['api', 'x'] }, {}, id), 'wrong-audience');
    assert.equal(reasonFor({ aud: ['api', 'api2'] }, {}, id), 'wrong-audience');
    assert.equal(reasonFor({ aud: ['api'] }, {}, id), undefined);
  });

  it('rejects a client outside of clientIds, if the profile has them', () => {
    const clients = { clientIds: ['web'] };
    for (const claims of [
      {},
      { client_id: 'x' },
      { azp: 'x' },
      { client_id: 'x', azp: 'web' },
      { azp: ['web'] },
    ])
      assert.equal(reasonFor(claims, {}, clients), 'wrong-client');
    for (const claims of [{ client_id: 'web' }, { azp: 'web' }])
      assert.equal(reasonFor(claims, {}, clients), undefined);
  });

  it('rejects a required claim with another value', () => {
    const wanted = { claims: { hd: ['example.com'] } };
    assert.equal(reasonFor({ hd: 'example.com' }, {}, wanted), undefined);
    for (const hd of [undefined, 'example.org', 'EXAMPLE.COM', ['example.com'], { 'example.com': 1 }])
      assert.equal(reasonFor({ hd }, {}, wanted), 'wrong hd');
    assert.equal(reasonFor({}, {}, { claims: { constructor: ['Object'] } }), 'wrong constructor');
    const profile = { ...(base ?? assert.fail()), ...wanted };
    const token = unverified({ ...GOOD, hd: 'x' }, { typ: 'at+jwt' });
    assert.equal(rejectReason(token, profile)?.reason, 'wrong-claim');
  });

  it('rejects logout tokens and other event tokens', () => {
    const events = { 'http://schemas.openid.net/event/backchannel-logout': {} };
    assert.equal(reasonFor({ events }), 'event-token');
  });

  it('rejects an access token with claims of an ID token', () => {
    for (const claim of ['nonce', 'at_hash', 'c_hash', 's_hash']) {
      assert.equal(reasonFor({ [claim]: 'x' }), 'id-token-as-access-token');
      assert.equal(reasonFor({ [claim]: 'x' }, {}, { tokenUse: 'id' }), undefined);
    }
  });
});
