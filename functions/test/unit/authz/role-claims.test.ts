import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  activeRoles,
  compileRoleClaims,
  nextExpiry,
  readRoleClaims,
  type TimedRole,
  timedRolesFromClaims,
} from '../../../src/authz/role-claims.ts';
import { ALL_ROLES } from '../../../src/authz/roles.ts';

const NOW = 1_800_000_000;
const nearNow = fc.option(fc.integer({ min: NOW - 3, max: NOW + 3 }), { nil: undefined });
const timed: fc.Arbitrary<TimedRole[]> = fc.array(
  fc.record({ role: fc.constantFrom(...ALL_ROLES), expiresAt: nearNow }),
);
const NOTHING = { roles: [], rolesVersion: 0, changesAt: Number.POSITIVE_INFINITY };

describe('activeRoles', () => {
  it('returns a role until its expiry, exclusive', () => {
    const admin = [{ role: 'admin', expiresAt: NOW }] as const;
    assert.deepEqual(activeRoles(admin, NOW - 1), ['admin']);
    assert.deepEqual(activeRoles(admin, NOW), []);
    assert.deepEqual(activeRoles(admin, NOW + 1), []);
  });

  it('returns a role without an expiry at any time, and each role once', () => {
    assert.deepEqual(activeRoles([{ role: 'member' }, { role: 'member', expiresAt: NOW }], NOW + 1e9), [
      'member',
    ]);
  });

  it('returns the roles with at least one active grant', () => {
    fc.assert(
      fc.property(timed, (grants) => {
        const roles = activeRoles(grants, NOW);
        for (const role of ALL_ROLES) {
          const isActive = grants.some(
            (grant) => grant.role === role && (grant.expiresAt === undefined || grant.expiresAt > NOW),
          );
          assert.equal(roles.filter((name) => name === role).length, isActive ? 1 : 0);
        }
      }),
    );
  });
});

describe('nextExpiry', () => {
  it('returns the earliest expiry in the future', () => {
    const grants = [NOW - 1, NOW, NOW + 9, NOW + 5].map(
      (expiresAt) => ({ role: 'admin', expiresAt }) as const,
    );
    assert.equal(nextExpiry(grants, NOW), NOW + 5);
    assert.equal(nextExpiry(grants, NOW + 5), NOW + 9);
  });

  it('returns infinity without an expiry in the future', () => {
    assert.equal(nextExpiry([], NOW), Number.POSITIVE_INFINITY);
    assert.equal(
      nextExpiry([{ role: 'member' }, { role: 'admin', expiresAt: NOW }], NOW),
      Number.POSITIVE_INFINITY,
    );
  });

  it('returns a second before which the active roles do not change', () => {
    fc.assert(
      fc.property(timed, fc.integer({ min: NOW - 5, max: NOW + 5 }), (grants, now) => {
        const expiry = Math.min(nextExpiry(grants, now), now + 20);
        for (let second = now; second < expiry; second++) {
          assert.deepEqual(activeRoles(grants, second), activeRoles(grants, now));
        }
      }),
    );
  });
});

describe('role claims', () => {
  it('contain the roles, the version, and the expiries', () => {
    const grants = [{ role: 'member' }, { role: 'admin', expiresAt: NOW + 60 }] as const;
    assert.deepEqual(compileRoleClaims(grants, 7, NOW), {
      roles: ['member', 'admin'],
      rv: 7,
      rx: { admin: NOW + 60 },
    });
    assert.deepEqual(compileRoleClaims([{ role: 'member' }], 7, NOW), { roles: ['member'], rv: 7 });
  });

  it('leave out expired roles', () => {
    assert.deepEqual(compileRoleClaims([{ role: 'admin', expiresAt: NOW }], 7, NOW), { roles: [], rv: 7 });
  });

  it('have the later expiry of two grants of a role, and none if one has none', () => {
    const expiries = (...expiresAt: (number | undefined)[]) =>
      compileRoleClaims(
        expiresAt.map((at) => ({ role: 'admin', expiresAt: at })),
        1,
        NOW,
      ).rx;
    assert.deepEqual(expiries(NOW + 1, NOW + 9, NOW - 1), { admin: NOW + 9 });
    assert.equal(expiries(NOW + 1, undefined), undefined);
  });

  it('give the same roles as the grants at every later second', () => {
    fc.assert(
      fc.property(timed, fc.integer({ min: 1 }), fc.nat({ max: 6 }), (grants, version, later) => {
        const claims = JSON.parse(JSON.stringify(compileRoleClaims(grants, version, NOW)));
        const read = readRoleClaims(claims, NOW + later);
        assert.deepEqual(read.roles.toSorted(), activeRoles(grants, NOW + later).toSorted());
        assert.equal(read.rolesVersion, version);
      }),
    );
  });

  it('give the next second in which the roles change', () => {
    const claims = {
      roles: ['member', 'admin', 'support'],
      rv: 1,
      rx: { admin: NOW + 60, support: NOW + 30 },
    };
    assert.equal(readRoleClaims(claims, NOW).changesAt, NOW + 30);
    assert.equal(readRoleClaims(claims, NOW + 30).changesAt, NOW + 60);
    assert.equal(readRoleClaims(claims, NOW + 60).changesAt, Number.POSITIVE_INFINITY);
  });

  for (const rv of [
    undefined,
    null,
    0,
    -1,
    1.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    2 ** 53,
    '1',
    true,
    [1],
    {},
  ]) {
    it(`give no role with the version ${JSON.stringify(rv)}`, () => {
      assert.deepEqual(readRoleClaims({ roles: ['owner'], rv, rx: { owner: NOW + 60 } }, NOW), NOTHING);
    });
  }

  const noRoles: Record<string, unknown> = {
    missing: undefined,
    null: null,
    'a string': 'owner',
    'an object': { owner: true },
    'an object that looks like an array': { 0: 'owner', length: 1 },
    nested: [['owner']],
    'unknown names': ['root', 'Owner', 'owner ', '', 'own', '__proto__', 'constructor', 'toString'],
    'values that convert to names': [null, 1, true, { toString: () => 'owner' }],
  };
  for (const [what, roles] of Object.entries(noRoles)) {
    it(`give no role when the roles are ${what}`, () => {
      assert.deepEqual(readRoleClaims({ roles, rv: 3 }, NOW), { ...NOTHING, rolesVersion: 3 });
    });
  }

  for (const rx of [null, NOW + 60, 'member', true, [], [NOW + 60]]) {
    it(`give no role when the expiries are ${JSON.stringify(rx)}`, () => {
      assert.deepEqual(readRoleClaims({ roles: ['member', 'owner'], rv: 3, rx }, NOW).roles, []);
    });
  }

  for (const expiry of [
    null,
    String(NOW + 60),
    NOW + 0.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    2 ** 53,
    -1,
    true,
    [NOW + 60],
    {},
  ]) {
    it(`do not give a role with the expiry ${JSON.stringify(expiry)}, and give the others`, () => {
      const access = readRoleClaims({ roles: ['member', 'owner'], rv: 3, rx: { owner: expiry } }, NOW);
      assert.deepEqual(access, { ...NOTHING, roles: ['member'], rolesVersion: 3 });
    });
  }

  it('ignore inherited expiries, and those of other roles', () => {
    const inherited = JSON.parse(`{"roles":["owner"],"rv":1,"rx":{"__proto__":{"owner":1},"admin":1}}`);
    assert.deepEqual(readRoleClaims(inherited, NOW).roles, ['owner']);
  });

  it('are read with expired roles by code that rewrites them', () => {
    assert.deepEqual(timedRolesFromClaims({ roles: ['admin', 'admin', 'member'], rv: 1, rx: { admin: 5 } }), [
      { role: 'admin', expiresAt: 5 },
      { role: 'member' },
    ]);
  });

  it('are read without an error for any input', () => {
    const roles = fc.oneof(fc.anything(), fc.array(fc.oneof(fc.constantFrom(...ALL_ROLES), fc.anything())));
    const rx = fc.oneof(fc.anything(), fc.dictionary(fc.constantFrom(...ALL_ROLES), fc.anything()));
    fc.assert(
      fc.property(fc.record({ roles, rv: fc.oneof(fc.nat(), fc.anything()), rx }), (claims) => {
        const access = readRoleClaims(claims, NOW);
        assert.ok(access.roles.every((role) => ALL_ROLES.includes(role)));
        assert.equal(new Set(access.roles).size, access.roles.length);
        assert.ok(access.changesAt > NOW && access.rolesVersion >= 0);
        if (access.rolesVersion === 0) assert.deepEqual(access.roles, []);
      }),
    );
  });
});
