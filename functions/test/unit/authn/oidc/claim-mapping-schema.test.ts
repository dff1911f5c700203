import assert from 'node:assert/strict';
import { mapSchema, toAccessMap } from '../../../../src/authn/oidc/claim-mapping-schema.ts';
import { mapClaims } from '../../../../src/authz/claim-mapping.ts';
import { ALL_PERMISSIONS, isPrivileged } from '../../../../src/authz/permissions.ts';
import { ALL_ROLES } from '../../../../src/authz/roles.ts';

/** From JSON, where `__proto__` is a key like any other. */
const parse = (json: string) => mapSchema.parse(JSON.parse(json));
const access = (json: string, payload: Record<string, unknown>, kind: 'user' | 'service' = 'user') =>
  mapClaims(payload, toAccessMap(parse(json), 'groups'), kind);

describe('mapSchema and toAccessMap', () => {
  it('give no access for an empty map', () => {
    assert.deepEqual(access('{}', { groups: ['admin'], permissions: ['notes:read'], scope: 'admin' }), {
      ...{ roles: [], permissions: [] },
    });
  });

  it('read groups, permissions, scopes and any other claim', () => {
    const json = `{
      "everyone": ["member"],
      "groups": {"staff": ["support"]},
      "permissions": {"see:audit": ["audit:read"]},
      "scopes": {"all": ["owner"]},
      "claims": [{"path": ["realm_access", "roles"], "values": {"aud": ["auditor"]}}]
    }`;
    const payload = {
      ...{ groups: ['staff'], permissions: ['see:audit'], scope: 'all' },
      realm_access: { roles: ['aud'] },
    };
    const { roles, permissions, scopes } = access(json, payload);
    assert.deepEqual(roles.toSorted(), ['auditor', 'member', 'support']);
    assert.deepEqual(permissions, ['audit:read']);
    assert.equal(scopes?.length, ALL_PERMISSIONS.length);
  });

  it('read the groups from the claim of the issuer type', () => {
    const map = toAccessMap(parse('{"groups":{"staff":["support"]}}'), 'cognito:groups');
    assert.deepEqual(mapClaims({ 'cognito:groups': ['staff'] }, map, 'user').roles, ['support']);
    assert.deepEqual(mapClaims({ groups: ['staff'] }, map, 'user').roles, []);
  });

  it('accept only roles and permissions that are not privileged', () => {
    for (const name of ALL_PERMISSIONS) {
      const { success } = mapSchema.safeParse({ everyone: [name] });
      assert.equal(success, !isPrivileged(name), name);
    }
    for (const name of ALL_ROLES) {
      const { success } = mapSchema.safeParse({ everyone: [name] });
      assert.equal(success, !['admin', 'owner'].includes(name), name);
    }
  });

  it('say that a privileged permission needs a grant', () => {
    const { error } = mapSchema.safeParse({ groups: { boss: ['roles:assign'] } });
    assert.match(error?.issues[0]?.message ?? '', /privileged: give a grant in the directory/);
    assert.deepEqual(error?.issues[0]?.path, ['groups', 'boss', 0]);
  });

  for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
    it(`treat the group name ${name} like any other`, () => {
      const json = `{"groups":{"${name}":["support"]}}`;
      assert.deepEqual(access(json, { groups: ['staff'] }).roles, []);
      assert.deepEqual(access(json, {}).roles, []);
      assert.deepEqual(access('{"groups":{"staff":["support"]}}', { groups: [name] }).roles, []);
    });
  }

  const wrong: Record<string, string> = {
    'an unknown role': '{"everyone":["root"]}',
    'a role in another case': '{"everyone":["Admin"]}',
    'a property of every object as a role': '{"everyone":["constructor"]}',
    'a text instead of a list': '{"everyone":"member"}',
    'an unknown field': '{"roles":{"a":["member"]}}',
    'an empty group name': '{"groups":{"":["member"]}}',
    'a list of groups': '{"groups":["staff"]}',
    'a path without steps': '{"claims":[{"path":[],"values":{}}]}',
    'a path as text': '{"claims":[{"path":"a.b","values":{}}]}',
    'a path of nine steps': `{"claims":[{"path":${JSON.stringify(Array(9).fill('a'))},"values":{}}]}`,
    'an unknown format': '{"claims":[{"path":["a"],"format":"csv","values":{}}]}',
    'a property of a text': '{"claims":[{"path":["a"],"format":"keys","property":"b","values":{}}]}',
    'an empty property': '{"claims":[{"path":["a"],"property":"","values":{}}]}',
    'an unknown field of a claim': '{"claims":[{"path":["a"],"values":{},"default":["member"]}]}',
  };
  for (const [what, json] of Object.entries(wrong)) {
    it(`refuse ${what}`, () => assert.equal(mapSchema.safeParse(JSON.parse(json)).success, false));
  }
});
