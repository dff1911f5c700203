import assert from 'node:assert/strict';
import type { Role } from '../../../src/authz/roles.ts';
import { unavailable } from '../../../src/errors.ts';
import { type Actor, createUsersService } from '../../../src/users/users-service.ts';
import { actor } from '../../helpers/actor.ts';
import { recordingLog } from '../../helpers/instance.ts';
import { accountOf, createMemoryAccounts } from '../../helpers/memory-accounts.ts';
import { assertRefused } from '../../helpers/refusal.ts';

const OLGA = actor('olga', ['owner']);
const ADAM = actor('adam', ['admin']);

/** Olga owns, Adam administers, Bob is a member whose account also carries somebody else's claim. */
function createSubject(...more: Parameters<typeof accountOf>[]) {
  const store = createMemoryAccounts([
    accountOf('olga', { roles: ['owner'] }),
    accountOf('adam', { roles: ['admin'] }),
    accountOf('bob', { roles: ['member'], claims: { plan: 'pro', roles: ['member'], rv: 1 } }),
    ...more.map((account) => accountOf(...account)),
  ]);
  const forgotten: string[] = [];
  const { lines, log } = recordingLog();
  const instance = () =>
    createUsersService({ store, log, accountStates: { forget: (uid) => forgotten.push(uid) } });
  return { store, forgotten, lines, users: instance(), instance };
}
const set = (uid: string, roles: readonly Role[], rolesVersion = 1) => ({ uid, roles, rolesVersion });

describe('users: setting roles', () => {
  it('writes them with the next version, keeps the claims of others, and logs before and after', async () => {
    const { users, store, lines, forgotten } = createSubject();
    const after = await users.setRoles(OLGA, { ...set('bob', ['member', 'support']), reason: 'joined' });
    assert.deepEqual([after.roles, after.rolesVersion], [['member', 'support'], 2]);
    assert.deepEqual(store.byUid.get('bob')?.claims, { plan: 'pro', roles: ['member', 'support'], rv: 2 });
    assert.deepEqual(lines, [
      {
        kind: 'change',
        requestId: 'r1',
        action: 'roles.set',
        actor: 'olga',
        target: 'bob',
        reason: 'joined',
        outcome: 'done',
        before: { roles: ['member'], rolesVersion: 1, disabled: false, validAfter: 0 },
        after: { roles: ['member', 'support'], rolesVersion: 2 },
      },
    ]);
    assert.deepEqual(forgotten, ['bob']);
  });

  it('ends the sessions first when permissions are lost, and only then', async () => {
    const { users, store } = createSubject(['ann', { roles: ['support'] }]);
    await users.setRoles(OLGA, set('ann', ['member']));
    await users.setRoles(OLGA, set('bob', ['support']));
    assert.deepEqual(store.changes, ['revokeTokens ann', 'setClaims ann', 'setClaims bob']);
  });

  it('is refused on an older version, and nothing is written', async () => {
    const { users, store, lines } = createSubject();
    await assertRefused(() => users.setRoles(OLGA, set('bob', ['support'], 0)), 'version_mismatch');
    await assertRefused(() => users.setRoles(OLGA, set('bob', ['support'], 2)), 'version_mismatch');
    assert.deepEqual(store.changes, []);
    const logged = lines.map(({ outcome, code }) => [outcome, code]);
    assert.deepEqual(logged, Array(2).fill(['refused', 'version_mismatch']));
  });

  const refused: Record<
    string,
    readonly [Actor, string, readonly Role[], Parameters<typeof assertRefused>[1]]
  > = {
    'on one’s own account': [OLGA, 'olga', ['owner', 'member'], 'own_account'],
    'beyond one’s own permissions': [ADAM, 'bob', ['owner'], 'exceeds_own_permissions'],
    'on somebody who holds more': [ADAM, 'olga', [], 'exceeds_own_permissions'],
    'of somebody who does not exist': [OLGA, 'nobody', ['member'], 'not_found'],
  };
  for (const [what, [who, uid, roles, code]] of Object.entries(refused)) {
    it(`is refused ${what}, and nothing is written`, async () => {
      const { users, store } = createSubject();
      await assertRefused(() => users.setRoles(who, set(uid, roles)), code);
      assert.deepEqual(store.changes, []);
    });
  }

  it('is refused when the claims would not fit, and nobody is signed out for it', async () => {
    const claims = { pad: 'x'.repeat(960), roles: ['support'], rv: 1 };
    const { users, store } = createSubject(['ann', { roles: ['support'], claims }]);
    await assertRefused(() => users.setRoles(OLGA, set('ann', ['member', 'auditor'])), 'claims_too_large');
    assert.deepEqual(store.changes, []);
  });

  it('of fifty at once, of one version: one succeeds, the others are told to read again', async () => {
    const { users, store } = createSubject();
    const results = await Promise.allSettled(
      Array.from({ length: 50 }, () => users.setRoles(OLGA, set('bob', ['member', 'auditor']))),
    );
    assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
    assert.equal(store.byUid.get('bob')?.rolesVersion, 2);
    for (const result of results) {
      if (result.status === 'rejected') assert.equal(result.reason.code, 'version_mismatch');
    }
  });

  it('can be repeated after the claims could not be written', async () => {
    const { users, store, forgotten } = createSubject(['ann', { roles: ['support'] }]);
    store.before = (change) => {
      if (change === 'setClaims ann') throw unavailable('setCustomUserClaims');
    };
    await assertRefused(() => users.setRoles(OLGA, set('ann', [])), 'unavailable');
    assert.deepEqual(forgotten, ['ann']);
    store.before = () => undefined;
    assert.deepEqual((await users.setRoles(OLGA, set('ann', []))).roles, []);
  });
});

describe('users: disabling, deleting, signing out', () => {
  it('ends the sessions of whom it disables, and lets them back without', async () => {
    const { users, store, lines, forgotten } = createSubject();
    assert.equal((await users.setDisabled(ADAM, 'bob', true)).disabled, true);
    assert.equal((await users.setDisabled(ADAM, 'bob', false)).disabled, false);
    assert.deepEqual(store.changes, ['revokeTokens bob', 'disable bob', 'enable bob']);
    assert.deepEqual(
      lines.map(({ action }) => action),
      ['user.disable', 'user.enable'],
    );
    assert.deepEqual(forgotten, ['bob', 'bob']);
  });

  it('logs whom it deletes as they were', async () => {
    const { users, store, lines } = createSubject();
    await users.remove(ADAM, 'bob');
    assert.equal(store.byUid.has('bob'), false);
    assert.deepEqual(
      lines.map(({ action, target, actor }) => [action, target, actor]),
      [['user.delete', 'bob', 'adam']],
    );
  });

  it('does neither to oneself, nor to somebody who holds more, nor to nobody', async () => {
    const { users, store } = createSubject();
    for (const attempt of [
      (uid: string) => users.setDisabled(ADAM, uid, true),
      (uid: string) => users.setDisabled(ADAM, uid, false),
      (uid: string) => users.remove(ADAM, uid),
    ]) {
      await assertRefused(() => attempt('adam'), 'own_account');
      await assertRefused(() => attempt('olga'), 'exceeds_own_permissions');
      await assertRefused(() => attempt('nobody'), 'not_found');
    }
    assert.deepEqual(store.changes, []);
  });

  it('signs out anybody, oneself included', async () => {
    const { users, store, lines, forgotten } = createSubject();
    assert.equal((await users.revoke(actor('bob', ['member']), 'bob')).validAfter, 1);
    await users.revoke(actor('sue', ['support']), 'olga');
    assert.deepEqual(store.changes, ['revokeTokens bob', 'revokeTokens olga']);
    assert.deepEqual(
      lines.map(({ action }) => action),
      ['sessions.revoke', 'sessions.revoke'],
    );
    assert.deepEqual(forgotten, ['bob', 'olga']);
    await assertRefused(() => users.revoke(OLGA, 'nobody'), 'not_found');
  });
});
