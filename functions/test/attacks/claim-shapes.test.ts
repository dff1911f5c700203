import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { type Api, openApi } from '../helpers/api.ts';
import { forge } from '../helpers/forge.ts';
import { type KeyServer, openKeyServer } from '../helpers/key-server.ts';
import { createKey, publicJwk, signer } from './signers.ts';

/** Claims in other JSON shapes, with real signatures: which roles they give, and what the log says. */

const key = createKey('RSA', 'k1');
const issuerOf = (name: string) => `https://${name}.example.com`;
const values = { helpers: ['support'] };
const entry = (name: string, map: object) => ({
  ...{
    type: 'oidc',
    issuer: issuerOf(name),
    jwksUri: `${issuerOf(name)}/keys`,
    audience: 'api',
    typ: null,
    map,
  },
});
const claimOf = (format: string, fields: object = {}) => ({
  claims: [{ path: ['custom:groups'], format, values, ...fields }],
});
const trustedIssuers = [
  entry('list', { claims: [{ path: ['custom:groups'], values }], groups: values }),
  entry('comma', claimOf('comma-separated')),
  entry('json', claimOf('json')),
  entry('objects', { claims: [{ path: ['roles'], property: 'key', values }] }),
  entry('keys', claimOf('keys')),
  entry('scopes', { everyone: ['member'], scopes: { 'notes.read': ['notes:read'] } }),
];

describe('claims in another JSON shape', () => {
  let api: Api;
  let server: KeyServer;
  let time = Date.now();
  before(async () => {
    server = await openKeyServer();
    server.publish({ keys: [publicJwk(key)] });
    api = await openApi({ product: { trustedIssuers }, clock: () => time, fetch: server.fetch });
  });
  beforeEach(() => {
    time += 60_000;
    api.lines.length = 0;
  });
  after(() => Promise.all([api.close(), server.close()]));

  let count = 0;
  const send = async (name: string, claims: object) => {
    const now = Math.floor(time / 1000);
    const times = { iat: now - 5, exp: now + 600, jti: `${count++}` };
    const payload = { iss: issuerOf(name), aud: 'api', sub: 'u1', ...times, ...claims };
    const token = forge({ alg: 'RS256', kid: 'k1' }, payload, signer('RS256', key));
    const { status, body } = await api.as().get('/v1/me').set('Authorization', `Bearer ${token}`);
    assert.equal(status, 200, inspect(body));
    return body;
  };
  const warnings = () =>
    api.lines
      .filter(({ kind }) => kind === 'claimsUnreadable')
      .map(({ issuer, claims }) => ({ issuer, claims }));
  const groups = 'custom:groups';

  const understood: readonly (readonly [name: string, claims: object])[] = [
    ['list', { [groups]: ['helpers'] }],
    ['comma', { [groups]: '[other, helpers]' }],
    ['comma', { [groups]: 'other,helpers' }],
    ['json', { [groups]: '["other","helpers"]' }],
    ['objects', { roles: [{ key: 'other' }, { key: 'helpers' }] }],
    ['keys', { [groups]: { helpers: { org: 'x' } } }],
  ];
  for (const [name, claims] of understood) {
    it(`gives the roles of ${JSON.stringify(claims)} where the map says how it is written`, async () => {
      assert.deepEqual((await send(name, claims)).roles, ['support']);
      assert.deepEqual(warnings(), []);
    });
  }

  it('limits to the scopes of a list, as of a string', async () => {
    for (const scope of [['openid', 'notes.read'], 'openid notes.read'])
      assert.deepEqual((await send('scopes', { scope })).permissions, ['notes:read']);
    assert.deepEqual((await send('scopes', { scope: ['openid', ['notes.read']] })).permissions, []);
  });

  const misread: readonly (readonly [name: string, claims: object, claim: string, shape: string])[] = [
    ['list', { [groups]: '[helpers, other]' }, groups, 'string that begins with ['],
    ['list', { [groups]: '["helpers"]' }, groups, 'string that begins with ['],
    ['list', { [groups]: 'other,helpers' }, groups, 'string with commas'],
    ['list', { groups: [{ key: 'helpers' }] }, 'groups', 'array of objects with keys: key'],
    ['json', { [groups]: '[helpers]' }, groups, 'string that begins with ['],
    ['objects', { roles: [{ name: 'helpers' }] }, 'roles', 'array of objects with keys: name'],
    ['scopes', { scope: 'openid,notes.read' }, 'scope', 'string with commas'],
    ['scopes', { scope: { 'notes.read': true } }, 'scope', 'object with 1 other key'],
  ];
  for (const [name, claims, claim, shape] of misread) {
    it(`gives no role for ${JSON.stringify(claims)}, and logs its shape once a minute`, async () => {
      for (let tries = 0; tries < 3; tries++) {
        const { roles, permissions } = await send(name, claims);
        assert.ok(!roles.includes('support') && !permissions.includes('notes:read'));
      }
      const warning = { issuer: issuerOf(name), claims: [{ claim, shape }] };
      assert.deepEqual(warnings(), [warning]);
      time += 59_999;
      await send(name, claims);
      assert.deepEqual(warnings(), [warning]);
      time += 1;
      await send(name, claims);
      assert.deepEqual(warnings(), [warning, warning]);
    });
  }

  it('warns for each issuer, and never logs a value or an unknown key', async () => {
    const secret = 'SECRET-4711';
    await send('list', { [groups]: { [secret]: secret }, groups: [[secret], { [secret]: 1, name: secret }] });
    await send('objects', { roles: `[{"key":"${secret}"}]` });
    await send('keys', { [groups]: `["${secret}"]` });
    assert.deepEqual(
      warnings().map(({ issuer }) => issuer),
      ['list', 'objects', 'keys'].map(issuerOf),
    );
    assert.doesNotMatch(inspect(api.lines, { depth: 10 }), /4711/);
  });

  it('does not read a group name with a comma as two groups, unless the map says so', async () => {
    assert.deepEqual((await send('list', { groups: ['x,helpers', 'helpers '] })).roles, []);
    assert.deepEqual((await send('json', { [groups]: '["x,helpers"]' })).roles, []);
    assert.deepEqual((await send('comma', { [groups]: ['x,helpers'] })).roles, []);
  });
});
