import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { AccessRule } from '../../../src/authz/access-rule.ts';
import type { Principal } from '../../../src/authz/principal.ts';
import { ALL_ROLES, permissionsOf, type Role } from '../../../src/authz/roles.ts';
import { AppError } from '../../../src/core/errors.ts';
import type { DirectoryEntry } from '../../../src/directory/entry.ts';
import { checkGrant, checkOutranked, withCurrentRoles } from '../../../src/users/granting.ts';
import { principalOf } from '../../helpers/actor.ts';
import { assertRefused } from '../../helpers/refusal.ts';
import { entryOf } from '../../helpers/test-directory.ts';

const actor = (roles: readonly Role[], uid = 'actor', scopes?: readonly string[]) =>
  principalOf(uid, roles, scopes);
const NOW = 100;
const account = (roles: readonly Role[], uid = 'target') => entryOf(uid, { roles });
const grants = (roles: readonly Role[]) => account(roles).grants;
const until = (role: Role, expiresAt: number) => ({ role, grantedBy: 'test', grantedAt: 1, expiresAt });

/** Five roles at most: every change between their sets is tried. */
const SOME_ROLES = ALL_ROLES.slice(-5);
/** All sets of those roles: one for each number of that many bits. */
const ROLE_SETS: readonly (readonly Role[])[] = Array.from({ length: 2 ** SOME_ROLES.length }, (_, bits) =>
  SOME_ROLES.filter((_role, i) => (bits >> i) & 1),
);
const covers = (who: readonly Role[], roles: readonly Role[]) => {
  const held = permissionsOf(who);
  return permissionsOf(roles).every((permission) => held.includes(permission));
};
const passes = (attempt: () => void) => {
  try {
    attempt();
    return true;
  } catch (error) {
    assert.ok(error instanceof AppError && error.code === 'exceeds_own_permissions', String(error));
    return false;
  }
};

describe('checkGrant', () => {
  for (const own of ALL_ROLES) {
    for (const role of ALL_ROLES) {
      const may = covers([own], [role]);
      it(`${may ? 'allows' : 'refuses'} ${own} to grant or revoke ${role}`, () => {
        assert.equal(
          passes(() => checkGrant(actor([own]), account([]), grants([role]))),
          may,
        );
        assert.equal(
          passes(() => checkGrant(actor([own]), account([role]), [])),
          may,
        );
      });
    }
  }

  it('allows only owners to grant and revoke owner', () => {
    const may = ALL_ROLES.filter((own) => covers([own], ['owner']));
    assert.deepEqual(may, ['owner']);
  });

  it('allows exactly the roles of which the actor holds every permission', () => {
    let changes = 0;
    for (const own of ROLE_SETS) {
      for (const before of ROLE_SETS) {
        for (const after of ROLE_SETS) {
          const changed = SOME_ROLES.filter((role) => before.includes(role) !== after.includes(role));
          const expected = changed.every((role) => covers(own, [role]));
          assert.equal(
            passes(() => checkGrant(actor(own), account(before), grants(after))),
            expected,
          );
          changes++;
        }
      }
    }
    assert.equal(changes, ROLE_SETS.length ** 3);
  });

  it('never changes a permission that the actor lacks or a scope leaves out', () => {
    const roles = fc.uniqueArray(fc.constantFrom(...ALL_ROLES));
    const scopes = fc.option(fc.subarray([...permissionsOf(['owner'])]), { nil: undefined });
    fc.assert(
      fc.property(roles, scopes, roles, roles, (own, scope, before, after) => {
        const who = actor(own, 'actor', scope);
        if (!passes(() => checkGrant(who, account(before), grants(after)))) return;
        const [had, has] = [permissionsOf(before), permissionsOf(after)];
        for (const permission of permissionsOf(['owner'])) {
          const changed = had.includes(permission) !== has.includes(permission);
          assert.ok(!changed || who.permissions.includes(permission), permission);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('ignores roles that do not change', () => {
    checkGrant(actor(['admin']), account(['owner', 'member']), grants(['owner', 'support']));
    assert.ok(!covers(['admin'], ['owner']));
  });

  it('also applies to extending, shortening and removing an expiry', async () => {
    const before = entryOf('target', { grants: [until('owner', NOW + 10)] });
    for (const after of [[until('owner', NOW + 9)], [until('owner', NOW + 11)], grants(['owner'])]) {
      await assertRefused(() => checkGrant(actor(['admin']), before, after), 'exceeds_own_permissions');
      checkGrant(actor(['owner']), before, after);
    }
    checkGrant(actor(['admin']), before, before.grants);
  });

  it('is not misled by a role that is listed twice', async () => {
    await assertRefused(
      () => checkGrant(actor(['admin']), account([]), grants(['owner', 'owner'])),
      'exceeds_own_permissions',
    );
  });

  it('names the permission that is missing', async () => {
    const error = await assertRefused(
      () => checkGrant(actor(['admin']), account([]), grants(['owner'])),
      'exceeds_own_permissions',
    );
    assert.equal(error.missing, 'owners:assign');
  });

  it('refuses a change of the own roles, even without effect', async () => {
    for (const roles of ROLE_SETS) {
      await assertRefused(
        () => checkGrant(actor(['owner']), account(['owner'], 'actor'), grants(roles)),
        'own_account',
      );
    }
  });
});

describe('withCurrentRoles', () => {
  const { uid: _, ...ada } = principalOf('ada', ['support']);
  /** By a token of another issuer, which says `support` by itself. */
  const external = { ...ada, directoryId: 'ext-ada' };
  const rule = { permission: 'sessions:revoke' } as const;
  const as = (principal: Principal, entry?: DirectoryEntry, asked: AccessRule = rule) =>
    withCurrentRoles(principal, asked, { actor: entry, now: NOW });

  it('uses the entry for a Firebase user', async () => {
    as(actor([]), account(['support'], 'actor'));
    await assertRefused(() => as(actor(['support']), account([], 'actor')), 'permission_denied');
  });

  it('also uses the token of another issuer for permissions that are not privileged', async () => {
    as(external, undefined);
    as(external, account([], 'ext-ada'));
    const disabled = entryOf('ext-ada', { disabled: true });
    await assertRefused(() => as(external, disabled), 'permission_denied');
    await assertRefused(
      () => as({ ...external, permissions: ['users:write'] }, undefined, { permission: 'users:write' }),
      'permission_denied',
    );
  });
});

describe('checkOutranked', () => {
  it('requires every permission that the user holds', () => {
    for (const own of ROLE_SETS) {
      for (const roles of ROLE_SETS) {
        assert.equal(
          passes(() => checkOutranked(actor(own), account(roles), NOW)),
          covers(own, roles),
        );
      }
    }
  });

  it('ignores expired grants of the user', () => {
    checkOutranked(actor(['admin']), entryOf('target', { grants: [until('owner', NOW)] }), NOW);
    assert.equal(
      passes(() =>
        checkOutranked(actor(['admin']), entryOf('target', { grants: [until('owner', NOW + 1)] }), NOW),
      ),
      false,
    );
  });

  it('refuses the own account', async () => {
    await assertRefused(
      () => checkOutranked(actor(['owner']), account(['member'], 'actor'), NOW),
      'own_account',
    );
  });

  it('names the permission that is missing', async () => {
    const error = await assertRefused(
      () => checkOutranked(actor(['admin']), account(['owner']), NOW),
      'exceeds_own_permissions',
    );
    assert.equal(error.missing, 'owners:assign');
  });
});

describe('withCurrentRoles for a privileged permission', () => {
  const rule = { permission: 'roles:assign' } as const;
  const as = (principal: Principal, entry: DirectoryEntry | undefined) =>
    withCurrentRoles(principal, rule, { actor: entry, now: NOW });

  it('uses the roles in the entry, not those in the token', async () => {
    const token = actor(['owner']);
    assert.deepEqual(as(token, account(['admin'], 'actor')).roles, ['admin']);
    await assertRefused(() => as(token, account(['member'], 'actor')), 'permission_denied');
    await assertRefused(() => as(token, undefined), 'permission_denied');
  });

  it('gives no role to a disabled actor, nor by an expired grant', async () => {
    const disabled = entryOf('actor', { roles: ['owner'], disabled: true });
    await assertRefused(() => as(actor(['owner']), disabled), 'permission_denied');
    const ends = (second: number) => entryOf('actor', { grants: [until('owner', second)] });
    assert.deepEqual(as(actor([]), ends(NOW + 1)).roles, ['owner']);
    await assertRefused(() => as(actor([]), ends(NOW)), 'permission_denied');
  });

  it('throws for an operation without a permission', () => {
    for (const rule of ['public', 'signed-in'] as const) {
      const check = () =>
        withCurrentRoles(actor(['owner']), rule, { actor: account(['owner'], 'actor'), now: NOW });
      assert.throws(check, /needs a permission/);
    }
  });

  it('is limited by the scopes of the token', async () => {
    const scoped = actor(['owner'], 'actor', ['users:read']);
    await assertRefused(() => as(scoped, account(['owner'], 'actor')), 'permission_denied');
  });
});
