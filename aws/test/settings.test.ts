import assert from 'node:assert/strict';
import { readSettings } from '../src/settings.ts';
import { ISSUER, ISSUER_SETTING } from './helpers/issuer.ts';

const trustedIssuers = [ISSUER_SETTING];
const routes = [{ method: 'GET', path: '/notes', access: { permission: 'notes:read' } }];
// Values that the types do not allow, too.
const read = (config: unknown, env = {}) => readSettings(config as never, env);

describe('settings', () => {
  it('are the trusted issuers, Firebase as one of them', () => {
    const { profiles } = read({ firebaseProjectId: 'shop-1234', trustedIssuers, routes });
    assert.deepEqual(
      profiles.map(({ issuer }) => issuer),
      [ISSUER, 'https://securetoken.google.com/shop-1234'],
    );
  });

  it('are the routes, or explicitly none', () => {
    assert.ok(read({ trustedIssuers, routes }).routes?.byKey('GET /notes'));
    assert.equal(read({ trustedIssuers, routes: null }).routes, null);
  });

  for (const [what, config, message] of [
    ['no issuer', { trustedIssuers: [], routes }, /^Invalid configuration: trustedIssuers: is empty/m],
    [
      'an unknown kind of issuer',
      { trustedIssuers: [{ type: 'okta' }], routes },
      /^Invalid configuration: trustedIssuers\[0\]/m,
    ],
    [
      'an issuer without https',
      { trustedIssuers: [{ ...ISSUER_SETTING, issuer: 'http://127.0.0.1:1/' }], routes },
      /^Invalid configuration: trustedIssuers\[0\]\.issuer: only in the emulator/m,
    ],
    [
      'a wrong field of the second issuer',
      { trustedIssuers: [ISSUER_SETTING, { type: 'auth0', domain: 'a b', audience: 'c' }], routes },
      /^Invalid configuration: trustedIssuers\[1\]\.domain: /m,
    ],
    [
      'a wrong project id',
      { firebaseProjectId: 'A b', trustedIssuers, routes },
      /^Invalid configuration: firebaseProjectId: /m,
    ],
    ['no routes', { trustedIssuers }, /^Invalid configuration: routes: is not a list/m],
    [
      'a wrong route',
      { trustedIssuers, routes: [{ ...routes[0], path: '*' }] },
      /^Invalid configuration: routes\[0\]\.path: /m,
    ],
    [
      'an unknown field',
      { trustedIssuers, routes, route: [] },
      /^Invalid configuration: route: there is no such field/m,
    ],
  ] as const) {
    it(`are refused with ${what}, with the path of the field`, () =>
      assert.throws(() => read(config), { message }));
  }

  it('name every wrong field at once', () => {
    assert.throws(() => read({ trustedIssuers: [], routes: [] }), {
      message: /trustedIssuers: .*\n.*routes: /,
    });
  });

  it('are refused with unverified TLS', () => {
    assert.throws(() => read({ trustedIssuers, routes }, { NODE_TLS_REJECT_UNAUTHORIZED: '0' }), {
      message: /NODE_TLS_REJECT_UNAUTHORIZED/,
    });
  });
});
