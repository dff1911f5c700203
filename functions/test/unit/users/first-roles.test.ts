import assert from 'node:assert/strict';
import { giveDefaultRole, grantAsOperator } from '../../../src/users/first-roles.ts';
import { hasOtherOwner } from '../../../src/users/owners.ts';
import { accountOf, createMemoryAccounts } from '../../helpers/memory-accounts.ts';
import { assertRefused } from '../../helpers/refusal.ts';

const newcomer = (claims = {}) => accountOf('ann', { roles: [], rolesVersion: 0, claims });

describe('the default role', () => {
  it('is given to a new account, beside the claims of others', async () => {
    const store = createMemoryAccounts([newcomer({ plan: 'pro' })]);
    assert.deepEqual((await giveDefaultRole(store, 'ann', 'member'))?.roles, ['member']);
    assert.deepEqual(store.byUid.get('ann')?.claims, { plan: 'pro', roles: ['member'], rv: 1 });
  });

  it('is given once, though the event comes twice', async () => {
    const store = createMemoryAccounts([newcomer()]);
    await giveDefaultRole(store, 'ann', 'member');
    assert.equal(await giveDefaultRole(store, 'ann', 'member'), undefined);
    assert.deepEqual(store.changes, ['setClaims ann']);
  });

  it('does not come back after somebody took it away', async () => {
    const store = createMemoryAccounts([accountOf('ann', { roles: [], rolesVersion: 2 })]);
    assert.equal(await giveDefaultRole(store, 'ann', 'member'), undefined);
    assert.deepEqual(store.byUid.get('ann')?.roles, []);
  });

  it('does not replace roles that somebody gave by hand, without a version', async () => {
    const store = createMemoryAccounts([accountOf('ann', { roles: ['admin'], rolesVersion: 0 })]);
    assert.equal(await giveDefaultRole(store, 'ann', 'member'), undefined);
    assert.deepEqual(store.changes, []);
  });

  it('is not given to an account that is gone again', async () => {
    assert.equal(await giveDefaultRole(createMemoryAccounts([]), 'ann', 'member'), undefined);
  });
});

describe('granting as the operator', () => {
  const grant = (store: ReturnType<typeof createMemoryAccounts>, force = false, unverified = true) =>
    grantAsOperator(store, { email: 'ann@example.com', role: 'owner', force, unverified });

  it('makes the first owner, who keeps the roles they had', async () => {
    const store = createMemoryAccounts([accountOf('ann', { roles: ['member'] })]);
    assert.deepEqual((await grant(store)).roles, ['member', 'owner']);
    assert.deepEqual(
      [store.byUid.get('ann')?.roles, store.byUid.get('ann')?.rolesVersion],
      [['member', 'owner'], 2],
    );
  });

  it('makes a second owner by force alone', async () => {
    const store = createMemoryAccounts([accountOf('ann'), accountOf('olga', { roles: ['owner'] })]);
    await assertRefused(() => grant(store), 'invalid_argument');
    assert.deepEqual(store.changes, []);
    assert.deepEqual((await grant(store, true)).roles, ['owner']);
  });

  it('does nothing when it is done already', async () => {
    const store = createMemoryAccounts([accountOf('ann', { roles: ['owner'] })]);
    await grant(store);
    assert.deepEqual(store.changes, []);
  });

  it('counts an owner who is disabled', async () => {
    const olga = accountOf('olga', { roles: ['owner'], disabled: true });
    await assertRefused(() => grant(createMemoryAccounts([accountOf('ann'), olga])), 'invalid_argument');
  });

  it('refuses an address that nobody has proved to own, where that matters, and a disabled account', async () => {
    for (const state of [{ emailVerified: false }, { emailVerified: true, disabled: true }]) {
      const store = createMemoryAccounts([accountOf('ann', state)]);
      await assertRefused(() => grant(store, false, false), 'invalid_argument');
      assert.deepEqual(store.changes, []);
      assert.deepEqual((await grant(store, true, false)).roles, ['owner']);
    }
  });

  it('does not make somebody up', async () => {
    await assertRefused(() => grant(createMemoryAccounts([])), 'not_found');
  });
});

describe('another owner', () => {
  const crowd = (count: number) => Array.from({ length: count }, (_, i) => accountOf(`user-${i}`));

  it('is found on a later page, and is not oneself, nor somebody disabled', async () => {
    const olga = accountOf('olga', { roles: ['owner'] });
    const otto = accountOf('otto', { roles: ['owner'], disabled: true });
    assert.equal(await hasOtherOwner(createMemoryAccounts([...crowd(2_500), olga]), 'ann'), true);
    assert.equal(await hasOtherOwner(createMemoryAccounts([...crowd(2_500), olga]), 'olga'), false);
    assert.equal(await hasOtherOwner(createMemoryAccounts([otto]), 'olga'), false);
  });

  it('is taken for absent beyond 10,000 accounts, which refuses rather than risks', async () => {
    const olga = accountOf('olga', { roles: ['owner'] });
    assert.equal(await hasOtherOwner(createMemoryAccounts([...crowd(10_000), olga]), 'ann'), false);
  });
});
