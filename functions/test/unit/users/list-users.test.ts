import assert from 'node:assert/strict';
import { listUsers, type UserQuery } from '../../../src/users/list-users.ts';
import { encodePageToken } from '../../../src/users/page-token.ts';
import { accountOf, createMemoryAccounts } from '../../helpers/memory-accounts.ts';
import { assertRefused } from '../../helpers/refusal.ts';

/** `count` users, every tenth an auditor. */
const users = (count: number) =>
  Array.from({ length: count }, (_, i) =>
    accountOf(`user-${i}`, { roles: i % 10 === 0 ? ['auditor'] : ['member'] }),
  );

/** Follows the page tokens to the end. */
async function all(store: ReturnType<typeof createMemoryAccounts>, query: UserQuery) {
  const uids: string[] = [];
  const sizes: number[] = [];
  let pageToken: string | undefined;
  do {
    const page = await listUsers(store, { ...query, pageToken });
    uids.push(...page.users.map(({ uid }) => uid));
    sizes.push(page.users.length);
    pageToken = page.nextPageToken;
  } while (pageToken !== undefined);
  return { uids, sizes };
}

describe('listing users', () => {
  it('gives everybody once, a page at a time', async () => {
    const { uids, sizes } = await all(createMemoryAccounts(users(7)), { pageSize: 3 });
    assert.deepEqual(
      uids,
      users(7).map(({ uid }) => uid),
    );
    assert.deepEqual(sizes, [3, 3, 1]);
  });

  it('gives everybody of a role once, however the pages fall', async () => {
    for (const pageSize of [1, 7, 100]) {
      const { uids, sizes } = await all(createMemoryAccounts(users(2_345)), { role: 'auditor', pageSize });
      assert.equal(new Set(uids).size, 235);
      assert.equal(uids.length, 235);
      assert.ok(Math.max(...sizes) <= pageSize);
    }
  });

  it('looks at a bounded stretch a request, and goes on from there', async () => {
    const store = createMemoryAccounts([...users(7_000), accountOf('zoe', { roles: ['owner'] })]);
    const { uids, sizes } = await all(store, { role: 'owner', pageSize: 10 });
    assert.deepEqual(uids, ['zoe']);
    assert.deepEqual(sizes, [0, 1]);
  });

  it('leaves nobody out when the user it stopped at is gone since', async () => {
    const store = createMemoryAccounts(users(50));
    const first = await listUsers(store, { role: 'auditor', pageSize: 2 });
    store.byUid.delete('user-10');
    const { nextPageToken: pageToken } = first;
    const second = await listUsers(store, { role: 'auditor', pageSize: 10, pageToken });
    for (const uid of ['user-20', 'user-30', 'user-40'])
      assert.ok(second.users.some((user) => user.uid === uid));
  });

  it('finds by e-mail, and by both e-mail and role', async () => {
    const store = createMemoryAccounts(users(2));
    const uids = async (query: Partial<UserQuery>) =>
      (await listUsers(store, { pageSize: 50, ...query })).users.map(({ uid }) => uid);
    assert.deepEqual(await uids({ email: 'user-0@example.com' }), ['user-0']);
    assert.deepEqual(await uids({ email: 'user-0@example.com', role: 'auditor' }), ['user-0']);
    assert.deepEqual(await uids({ email: 'user-0@example.com', role: 'owner' }), []);
    assert.deepEqual(await uids({ email: 'nobody@example.com' }), []);
  });

  it('refuses a page token that it did not give', async () => {
    const store = createMemoryAccounts(users(2));
    await assertRefused(() => listUsers(store, { pageSize: 1, pageToken: 'garbage' }), 'invalid_argument');
  });

  it('accepts a position that names nobody', async () => {
    const store = createMemoryAccounts(users(2));
    const pageToken = encodePageToken({ after: 'nobody' });
    const { users: found } = await listUsers(store, { role: 'auditor', pageSize: 5, pageToken });
    assert.deepEqual(
      found.map(({ uid }) => uid),
      ['user-0'],
    );
  });
});
