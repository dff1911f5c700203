import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ALL_ROLES, permissionsOf, type Role } from '../../../src/authz/roles.ts';
import { AppError } from '../../../src/core/errors.ts';
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

/** All 32 sets of roles: one for each number of five bits. */
const ROLE_SETS: readonly (readonly Role[])[] = Array.from({ length: 2 ** ALL_ROLES.length }, (_, bits) =>
  ALL_ROLES.filter((_role, i) => (bits >> i) & 1),
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

describe('granting', () => {
  for (const own of ALL_ROLES) {
    for (const role of ALL_ROLES) {
      const may = covers([own], [role]);
      it(`${may ? 'lets' : 'does not let'} ${own} give or take ${role}`, () => {
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

  it('keeps the making and unmaking of owners to owners', () => {
    const may = ALL_ROLES.filter((own) => covers([own], ['owner']));
    assert.deepEqual(may, ['owner']);
  });

  it('over every change by everybody, gives and takes only roles whose every permission the actor holds', () => {
    let changes = 0;
    for (const own of ROLE_SETS) {
      for (const before of ROLE_SETS) {
        for (const after of ROLE_SETS) {
          const changed = ALL_ROLES.filter((role) => before.includes(role) !== after.includes(role));
          const expected = changed.every((role) => covers(own, [role]));
          assert.equal(
            passes(() => checkGrant(actor(own), account(before), grants(after))),
            expected,
          );
          changes++;
        }
      }
    }
    assert.equal(changes, 32 ** 3);
  });

  it('never changes a permission that the actor lacks, not even one that a scope leaves out', () => {
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

  it('leaves roles alone that do not change, though the actor lacks them', () => {
    checkGrant(actor(['admin']), account(['owner', 'member']), grants(['owner', 'support']));
    assert.ok(!covers(['admin'], ['owner']));
  });

  it('is also to prolong, to shorten and to make last for good', async () => {
    const before = entryOf('target', { grants: [until('owner', NOW + 10)] });
    for (const after of [[until('owner', NOW + 9)], [until('owner', NOW + 11)], grants(['owner'])]) {
      await assertRefused(() => checkGrant(actor(['admin']), before, after), 'exceeds_own_permissions');
      checkGrant(actor(['owner']), before, after);
    }
    checkGrant(actor(['admin']), before, before.grants);
  });

  it('is not misled by a role named twice', async () => {
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

  it('lets nobody change their own roles, not even to what they are', async () => {
    for (const roles of ROLE_SETS) {
      await assertRefused(
        () => checkGrant(actor(['owner']), account(['owner'], 'actor'), grants(roles)),
        'own_account',
      );
    }
  });
});

describe('the rights of an actor at this moment', () => {
  const { uid: _, ...ada } = principalOf('ada', ['support']);
  /** By a token of another issuer, which says `support` by itself. */
  const external = { ...ada, directoryId: 'ext-ada' };
  const asked = { rule: { permission: 'sessions:revoke' }, now: NOW } as const;

  it('are what the directory says, for a Firebase user', async () => {
    withCurrentRoles(actor([]), account(['support'], 'actor'), asked);
    await assertRefused(
      () => withCurrentRoles(actor(['support']), account([], 'actor'), asked),
      'permission_denied',
    );
  });

  it('are also what the token of another issuer says, for what is not privileged', async () => {
    withCurrentRoles(external, undefined, asked);
    withCurrentRoles(external, account([], 'ext-ada'), asked);
    const disabled = entryOf('ext-ada', { disabled: true });
    await assertRefused(() => withCurrentRoles(external, disabled, asked), 'permission_denied');
    await assertRefused(
      () =>
        withCurrentRoles({ ...external, permissions: ['users:write'] }, undefined, {
          ...asked,
          rule: { permission: 'users:write' },
        }),
      'permission_denied',
    );
  });
});

describe('outranking', () => {
  it('is to hold every permission that the account holds', () => {
    for (const own of ROLE_SETS) {
      for (const roles of ROLE_SETS) {
        assert.equal(
          passes(() => checkOutranked(actor(own), account(roles), NOW)),
          covers(own, roles),
        );
      }
    }
  });

  it('does not mind what the account held once', () => {
    checkOutranked(actor(['admin']), entryOf('target', { grants: [until('owner', NOW)] }), NOW);
    assert.equal(
      passes(() =>
        checkOutranked(actor(['admin']), entryOf('target', { grants: [until('owner', NOW + 1)] }), NOW),
      ),
      false,
    );
  });

  it('does not reach one’s own account', async () => {
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

describe('the actor as of now', () => {
  const needs = { rule: { permission: 'roles:assign' }, now: NOW } as const;

  it('holds what the directory gives at this moment, whatever the token said', async () => {
    const token = actor(['owner']);
    assert.deepEqual(withCurrentRoles(token, account(['admin'], 'actor'), needs).roles, ['admin']);
    await assertRefused(
      () => withCurrentRoles(token, account(['member'], 'actor'), needs),
      'permission_denied',
    );
    await assertRefused(() => withCurrentRoles(token, undefined, needs), 'permission_denied');
  });

  it('holds nothing when disabled, nor by a grant that has ended', async () => {
    const disabled = entryOf('actor', { roles: ['owner'], disabled: true });
    await assertRefused(() => withCurrentRoles(actor(['owner']), disabled, needs), 'permission_denied');
    const ends = (second: number) => entryOf('actor', { grants: [until('owner', second)] });
    assert.deepEqual(withCurrentRoles(actor([]), ends(NOW + 1), needs).roles, ['owner']);
    await assertRefused(() => withCurrentRoles(actor([]), ends(NOW), needs), 'permission_denied');
  });

  it('cannot be checked for an operation without a permission', () => {
    for (const rule of ['public', 'signed-in'] as const) {
      const check = () => withCurrentRoles(actor(['owner']), account(['owner'], 'actor'), { rule, now: NOW });
      assert.throws(check, /needs a permission/);
    }
  });

  it('holds no more than its scopes let it', async () => {
    const scoped = actor(['owner'], 'actor', ['users:read']);
    await assertRefused(
      () => withCurrentRoles(scoped, account(['owner'], 'actor'), needs),
      'permission_denied',
    );
  });
});
