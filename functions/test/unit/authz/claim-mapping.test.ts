import assert from 'node:assert/strict';
import {
  type ClaimMapping,
  mapClaims,
  NO_RIGHTS,
  type Rights,
  unprivilegedPermissionsOf,
} from '../../../src/authz/claim-mapping.ts';
import { isPrivileged } from '../../../src/authz/permissions.ts';

const support = { roles: ['support'], permissions: [] } as const;
const auditor = { roles: ['auditor'], permissions: [] } as const;
const reading = { roles: [], permissions: ['notes:read'] } as const;

const map: ClaimMapping = {
  everyone: NO_RIGHTS,
  sources: [
    { path: ['groups'], format: 'list', values: new Map([['staff', support]]) },
    { path: ['realm_access', 'roles'], format: 'list', values: new Map([['audit', auditor]]) },
  ],
  scopes: null,
};
const scoped: ClaimMapping = { ...map, scopes: new Map([['read', reading]]) };
const rolesOf = (payload: Record<string, unknown>) => mapClaims(payload, map, 'user').roles;

describe('mapClaims', () => {
  it('gives nothing for values that are not mapped', () => {
    const payload = {
      groups: ['admin', 'owner', 'Staff', 'staff ', ''],
      roles: ['owner'],
      permissions: ['x'],
    };
    assert.deepEqual(mapClaims(payload, map, 'user'), { roles: [], permissions: [] });
  });

  it('reads a string or a list of strings, at any depth', () => {
    assert.deepEqual(rolesOf({ groups: 'staff' }), ['support']);
    assert.deepEqual(rolesOf({ groups: ['staff', 'staff'], realm_access: { roles: ['audit'] } }), [
      'support',
      'auditor',
    ]);
  });

  it('reads nothing from other types', () => {
    for (const groups of [null, 7, true, { staff: true }, [['staff']], [{ name: 'staff' }], ['staff,x']]) {
      assert.deepEqual(rolesOf({ groups }), []);
    }
    for (const realm_access of [null, 'roles', ['roles'], { roles: null }])
      assert.deepEqual(rolesOf({ realm_access }), []);
  });

  it('ignores inherited properties', () => {
    const inherited: ClaimMapping = {
      ...map,
      sources: [
        { path: ['constructor', 'name'], format: 'list', values: new Map([['Object', support]]) },
        { path: ['__proto__'], format: 'list', values: new Map([['x', support]]) },
      ],
    };
    assert.deepEqual(mapClaims({}, inherited, 'user').roles, []);
    assert.deepEqual(rolesOf({ groups: ['__proto__', 'constructor', 'toString'] }), []);
  });

  it('gives the access of `everyone` to each user, and to no service', () => {
    const all = { ...map, everyone: reading };
    assert.deepEqual(mapClaims({}, all, 'user').permissions, ['notes:read']);
    assert.deepEqual(mapClaims({}, all, 'service').permissions, []);
  });

  it('limits a user to the scopes, and gives a service the access of the scopes', () => {
    const payload = { groups: ['staff'], scope: 'openid read' };
    const user = mapClaims(payload, scoped, 'user');
    assert.deepEqual([user.roles, user.permissions, user.scopes], [['support'], [], ['notes:read']]);
    const service = mapClaims(payload, scoped, 'service');
    assert.deepEqual(
      [service.roles, service.permissions, service.scopes],
      [['support'], ['notes:read'], ['notes:read']],
    );
  });

  it('limits to nothing if scopes are mapped and the token has none of them', () => {
    for (const scope of [undefined, '', 'openid', 'READ', 7, [['read']], { read: true }]) {
      assert.deepEqual(mapClaims({ scope }, scoped, 'user').scopes, []);
    }
  });

  it('reads a scope that is a list, with one scope or several in each string', () => {
    for (const scope of [['read'], ['openid', 'read'], ['openid read'], ['read', 7]])
      assert.deepEqual(mapClaims({ scope }, scoped, 'user').scopes, ['notes:read'], JSON.stringify(scope));
  });

  it('reports mapped claims that are present and cannot be read, and no others', () => {
    const payload = {
      ...{ groups: [{ name: 'staff' }], realm_access: 'audit', scope: 'openid,read' },
      ...{ roles: { odd: 1 }, permissions: 7, scp: 7 },
    };
    assert.deepEqual(mapClaims(payload, scoped, 'user').unreadable, [
      { claim: 'groups', shape: 'array of objects with keys: name' },
      { claim: 'realm_access.roles', shape: 'string' },
      { claim: 'scope', shape: 'string with commas' },
    ]);
    assert.deepEqual(mapClaims({ scp: { read: true } }, scoped, 'service').unreadable, [
      { claim: 'scp', shape: 'object with 1 other key' },
    ]);
    assert.equal(
      mapClaims({ ...payload, groups: 'staff', realm_access: {} }, map, 'user').unreadable,
      undefined,
    );
  });

  it('reads `scp` without a `scope`: a list at Okta, a string at Entra ID', () => {
    for (const scp of [['openid', 'read'], 'openid read'])
      assert.deepEqual(mapClaims({ scp }, scoped, 'user').scopes, ['notes:read']);
    assert.deepEqual(mapClaims({ scope: 'openid', scp: ['read'] }, scoped, 'user').scopes, []);
    assert.deepEqual(mapClaims({ scp: [['read'], 7] }, scoped, 'user').scopes, []);
  });

  it('maps a scope to all permissions of a role', () => {
    const roles: ClaimMapping = { ...map, scopes: new Map([['audit', auditor]]) };
    const { scopes } = mapClaims({ scope: 'audit' }, roles, 'user');
    assert.deepEqual(scopes?.toSorted(), ['audit:read', 'roles:read', 'users:read']);
  });

  it('gives a service no role with privileged permissions', () => {
    const owner: Rights = { roles: ['owner'], permissions: [] };
    const roles: ClaimMapping = {
      ...map,
      scopes: new Map([
        ['all', owner],
        ['audit', auditor],
      ]),
    };
    const service = mapClaims({ scope: 'all audit' }, roles, 'service');
    assert.deepEqual(service.roles, ['auditor']);
    assert.deepEqual(unprivilegedPermissionsOf(service).filter(isPrivileged), []);
    assert.ok(unprivilegedPermissionsOf(service).includes('notes:moderate'));
  });

  it('never gives a privileged permission', () => {
    const held = unprivilegedPermissionsOf({ roles: ['owner'], permissions: ['roles:assign', 'notes:read'] });
    assert.ok(held.includes('audit:read') && held.includes('notes:read'));
    assert.deepEqual(held.filter(isPrivileged), []);
  });
});
