import assert from 'node:assert/strict';
import { readGateSettings } from '../../../src/gateways/settings.ts';
import { GATE_SETTING } from '../../helpers/gate.ts';

const TRUSTED_ISSUERS = JSON.stringify([GATE_SETTING, { type: 'firebase', projectId: 'shop-1234' }]);

describe('the settings of a gate', () => {
  it('are the issuers that it trusts, Firebase as one of them', () => {
    const { profiles, ...rest } = readGateSettings({ TRUSTED_ISSUERS });
    assert.deepEqual(
      profiles.map(({ issuer }) => issuer),
      ['https://login.example.com/', 'https://securetoken.google.com/shop-1234'],
    );
    assert.deepEqual(rest, {});
  });

  it('are the routes, if there are any', () => {
    assert.deepEqual(readGateSettings({ TRUSTED_ISSUERS, ROUTES: '[1]' }).routes, [1]);
    assert.equal(readGateSettings({ TRUSTED_ISSUERS, ROUTES: ' ' }).routes, undefined);
  });

  for (const [what, env, message] of [
    ['nobody to trust', {}, /TRUSTED_ISSUERS names nobody/],
    ['an empty list', { TRUSTED_ISSUERS: '[]' }, /TRUSTED_ISSUERS names nobody/],
    ['no JSON', { TRUSTED_ISSUERS: '{' }, /TRUSTED_ISSUERS: is not JSON/],
    ['an unknown kind', { TRUSTED_ISSUERS: '[{"type":"okta"}]' }, /TRUSTED_ISSUERS\[0\]/],
    [
      'an issuer without https',
      { TRUSTED_ISSUERS: JSON.stringify([{ ...GATE_SETTING, issuer: 'http://127.0.0.1:1/' }]) },
      /only in the emulator/,
    ],
    ['routes that are no JSON', { TRUSTED_ISSUERS, ROUTES: '[' }, /ROUTES: is not JSON/],
    ['TLS unchecked', { TRUSTED_ISSUERS, NODE_TLS_REJECT_UNAUTHORIZED: '0' }, /refuses to start/],
  ] as const) {
    it(`are refused with ${what}`, () => assert.throws(() => readGateSettings(env), message));
  }
});
