import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ALL_PERMISSIONS } from '../../../src/authz/permissions.ts';
import { ALL_ROLES, isRole, permissionsOf, ROLES } from '../../../src/authz/roles.ts';

const NOT_ROLES = [
  'constructor',
  '__proto__',
  'toString',
  'hasOwnProperty',
  'Owner',
  'owner ',
  'root',
  '',
  'own',
];

describe('roles', () => {
  it('are the five built-in ones', () => {
    assert.deepEqual(ALL_ROLES, ['member', 'support', 'auditor', 'admin', 'owner']);
  });

  it('allow exactly what was planned', () => {
    assert.deepEqual(ROLES.member, ['notes:read', 'notes:write']);
    assert.deepEqual(ROLES.support, [
      'notes:read',
      'notes:write',
      'notes:moderate',
      'users:read',
      'sessions:revoke',
    ]);
    assert.deepEqual(ROLES.auditor, ['users:read', 'roles:read', 'audit:read']);
    assert.deepEqual(ROLES.owner, ALL_PERMISSIONS);
  });

  it('make an admin lack exactly the making of owners, and putting everybody’s access in order', () => {
    assert.deepEqual(
      ALL_PERMISSIONS.filter((permission) => !permissionsOf(['admin']).includes(permission)),
      ['owners:assign', 'access:reconcile'],
    );
  });

  for (const name of NOT_ROLES) {
    it(`do not include "${name}"`, () => {
      assert.equal(isRole(name), false);
    });
  }

  it('are names, not things that turn into names', () => {
    for (const value of [['owner'], { toString: () => 'owner' }, 0, null, undefined, Symbol.iterator]) {
      assert.equal(isRole(value), false);
    }
  });

  it('together allow what one of them allows', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...ALL_ROLES)), (roles) => {
        const together = permissionsOf(roles);
        for (const permission of ALL_PERMISSIONS) {
          const one = roles.some((role) => permissionsOf([role]).includes(permission));
          assert.equal(together.includes(permission), one);
        }
      }),
    );
  });

  it('cannot be changed while running', () => {
    assert.ok(Object.isFrozen(ALL_ROLES), 'ALL_ROLES');
    assert.ok(Object.isFrozen(ROLES), 'ROLES');
    for (const role of ALL_ROLES) assert.ok(Object.isFrozen(ROLES[role]), role);
  });

  it('are given anew each time, so that what a caller does with them stays with the caller', () => {
    permissionsOf(['member']).push('owners:assign');
    assert.deepEqual(permissionsOf(['member']), ['notes:read', 'notes:write']);
  });
});
