import assert from 'node:assert/strict';
import { EVERY_SIGN_IN } from '../../../src/authn/sign-in-policy.ts';
import { type ImportProgress, importUsers } from '../../../src/directory/import-users.ts';
import type { Account } from '../../../src/platform/firebase-auth/account.ts';
import { getsDefaultRole, provisionUser } from '../../../src/sign-up/service.ts';
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
      assert.deepEqual(imported, {
        read: 8,
        imported: 2,
        admitted: 0,
        mapped: 0,
        skipped: ODD.length,
        roles: { member: 2 },
      });
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

  describe('with the default role', () => {
    const none = { claims: {} };
    const people: Parameters<typeof accountOf>[] = [
      ['ann', none],
      ['bob', { ...none, emailVerified: false }],
      ['eve', { ...none, email: 'eve@evil.test' }],
      ['fay', { ...none, providers: [] }],
      ['gil', { claims: { roles: [], rv: 2 } }],
      ['hal', { ...none, disabled: true }],
      [
        'ida',
        { ...none, email: undefined, providerEmails: [{ provider: 'google.com', email: 'i@example.com' }] },
      ],
    ];

    async function run({ dryRun = false } = {}) {
      const { accounts, directory, clock } = access;
      const config = {
        ...({ defaultRole: 'member', signUpDomains: ['example.com'] } as const),
        signIn: EVERY_SIGN_IN,
      };
      const defaultRole = {
        isFor: getsDefaultRole.bind(undefined, config),
        provision: (account: Account) =>
          provisionUser({ clock, config, directory }, account, { requestId: 'i' }),
      };
      let last: ImportProgress | undefined;
      for await (const { imported } of importUsers({ accounts, directory, clock, dryRun, defaultRole }))
        last = imported;
      return last ?? assert.fail('no page');
    }
    const members = async () =>
      (await access.users.list({ role: 'member', pageSize: 50 })).users.map(({ uid }) => uid);

    beforeEach(async () => {
      access = await openTestDirectory(people);
    });

    it('gives it to whom the policy admits, also with an entry already, and never twice', async () => {
      await access.users.get('ann');
      assert.deepEqual(await run(), {
        ...{ read: 7, imported: 6, admitted: 2, mapped: 0, skipped: 0 },
        roles: {},
      });
      assert.deepEqual(await members(), ['ann', 'ida']);
      const system = { kind: 'system', requestId: 'r' } as const;
      await access.changeAccess(system, { uid: 'ann', action: 'roles.set' }, () => ({ grants: [] }));
      assert.equal((await run()).admitted, 0);
      assert.deepEqual(await members(), ['ida']);
    });

    it('counts them in a dry run, and writes nothing', async () => {
      assert.equal((await run({ dryRun: true })).admitted, 2);
      assert.deepEqual([await entered(), access.accounts.changes], [[], []]);
    });
  });

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
