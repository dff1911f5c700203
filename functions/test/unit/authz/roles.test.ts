import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ALL_PERMISSIONS } from '../../../src/authz/permissions.ts';
import { ALL_ROLES, isRole, permissionsOf, ROLES } from '../../../src/authz/roles.ts';
import { HOLDS, HOLDS_ALL_BUT, isListed } from '../../expectations/access.ts';

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
  for (const [role, permissions] of Object.entries(HOLDS)) {
    it(`give ${role} exactly the expected permissions`, () => {
      assert.ok(isRole(role));
      assert.deepEqual(ROLES[role].filter(isListed).toSorted(), permissions.toSorted());
    });
  }

  for (const [role, missing] of Object.entries(HOLDS_ALL_BUT)) {
    it(`give ${role} every permission except ${missing.join() || 'none'}`, () => {
      assert.ok(isRole(role));
      assert.deepEqual(
        ALL_PERMISSIONS.filter((permission) => !ROLES[role].includes(permission)),
        missing,
      );
    });
  }

  for (const name of NOT_ROLES) {
    it(`do not include "${name}"`, () => {
      assert.equal(isRole(name), false);
    });
  }

  it('are strings, not values that convert to strings', () => {
    for (const value of [['owner'], { toString: () => 'owner' }, 0, null, undefined, Symbol.iterator]) {
      assert.equal(isRole(value), false);
    }
  });

  it('together have the permissions of each of them', () => {
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

  it('are frozen', () => {
    assert.ok(Object.isFrozen(ALL_ROLES), 'ALL_ROLES');
    assert.ok(Object.isFrozen(ROLES), 'ROLES');
    for (const role of ALL_ROLES) assert.ok(Object.isFrozen(ROLES[role]), role);
  });

  it('return their permissions as a new list, so that a caller cannot change them', () => {
    permissionsOf(['member']).push('owners:assign');
    assert.deepEqual(permissionsOf(['member']), ROLES.member);
  });
});
