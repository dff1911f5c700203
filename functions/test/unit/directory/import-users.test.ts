import assert from 'node:assert/strict';
import { type ImportProgress, importUsers } from '../../../src/directory/import-users.ts';
import type { accountOf } from '../../helpers/memory-accounts.ts';
import { assertRefused } from '../../helpers/refusal.ts';
import { openTestDirectory, type TestDirectory } from '../../helpers/test-directory.ts';

describe('importUsers', () => {
  let access: TestDirectory;
  afterEach(() => access.close());

  async function importUser(people: Parameters<typeof accountOf>[], { dryRun = false } = {}) {
    access = await openTestDirectory(people);
    const { accounts, directory, clock } = access;
    let last: ImportProgress | undefined;
    for await (const { imported } of importUsers({ accounts, directory, clock, dryRun })) last = imported;
    return last ?? assert.fail('no page');
  }
  const entered = async () => (await access.all('directory')).map(({ email }) => email).sort();

  const ODD = ['a/b', 'a/b/c', '.', '__x__', 'a\u0000', 'half \ud800'];
  for (const dryRun of [false, true]) {
    it(`skips and counts ids that no document can have${dryRun ? ', in a dry run, too' : ''}`, async () => {
      const roles = { roles: ['member'] } as const;
      const people = ['ann', ...ODD, 'zoe'].map((uid): Parameters<typeof accountOf> => [uid, roles]);
      const imported = await importUser(people, { dryRun });
      assert.deepEqual(imported, { read: 8, imported: 2, skipped: ODD.length, roles: { member: 2 } });
      assert.deepEqual(await entered(), dryRun ? [] : ['ann@example.com', 'zoe@example.com']);
    });
  }

  for (const uid of ODD) {
    it(`treats ${JSON.stringify(uid)} as a user that does not exist`, async () => {
      await importUser([[uid, { roles: ['owner'] }]]);
      await assertRefused(() => access.users.get(uid), 'not_found');
      assert.deepEqual([await access.owners(), await entered()], [[], []]);
    });
  }

  const ends: [end: unknown, grants: unknown][] = [
    [0, [['member', 0]]],
    [253_402_300_799, [['member', 253_402_300_799]]],
    [9e15, [['member', 253_402_300_799]]],
    [-1, []],
  ];
  for (const [end, grants] of ends) {
    it(`imports a role that expires at ${end} so that the entry can be read again`, async () => {
      await importUser([['bob', { claims: { roles: ['member'], rv: 1, rx: { member: end } } }]]);
      const entry = await access.directory.find('bob');
      assert.deepEqual(
        entry?.grants.map(({ role, expiresAt }) => [role, expiresAt]),
        grants,
      );
      assert.equal((await access.users.list({ pageSize: 10 })).users.length, 1);
    });
  }

  it('creates no entry for a user who was deleted after the page was read', async () => {
    access = await openTestDirectory([['bob', { roles: ['owner'] }]]);
    const { accounts, directory, clock } = access;
    const stale = {
      find: accounts.find,
      async list(size: number) {
        const page = await accounts.list(size);
        await accounts.remove('bob');
        return page;
      },
    };
    for await (const _ of importUsers({ accounts: stale, directory, clock, dryRun: false }));
    assert.deepEqual([await entered(), await access.owners()], [[], []]);
  });
});
