import assert from 'node:assert/strict';
import type { Role } from '../../../../src/authz/roles.ts';
import { withDeadline } from '../../../../src/core/deadline.ts';
import { unavailable } from '../../../../src/core/errors.ts';
import { applyEdit, type Edit } from '../../../../src/directory/edit.ts';
import { LEASE_SECONDS } from '../../../../src/directory/sync/account-sync.ts';
import { openTestDirectory, type TestDirectory } from '../../../helpers/test-directory.ts';

const SYSTEM = { kind: 'system', requestId: 'r' } as const;
const down = () => {
  throw unavailable('Firebase Auth');
};
const grants = (...roles: Role[]) => roles.map((role) => ({ role, grantedBy: 'olga', grantedAt: 1 }));

describe('a change that reaches Firebase Auth after the directory', () => {
  let access: TestDirectory;
  beforeEach(async () => {
    access = await openTestDirectory([['bob', { roles: ['support'] }]]);
    await access.users.get('bob');
  });
  afterEach(() => access.close());

  const change = (edit: Edit, { changeAccess }: Pick<TestDirectory, 'changeAccess'> = access) =>
    changeAccess(SYSTEM, { uid: 'bob', action: 'roles.set' }, () => edit);
  const find = async () => (await access.directory.find('bob')) ?? assert.fail('no entry');
  const claims = () => access.accounts.byUid.get('bob')?.claims;
  const announced = () => access.all('accessChanges');

  /** Every instance and the record refuse sessions that began in this second. */
  async function assertRefused(second: number) {
    access.clock.move(10_000);
    for (const { feed } of [access, access.another()]) {
      assert.ok(second < ((await feed.find('bob'))?.validAfter ?? 0), 'an ordinary request passes');
    }
    assert.ok(second < ((await access.records.read('bob'))?.validAfter ?? 0), 'a privileged request passes');
    const { validAfter = 0 } = access.accounts.byUid.get('bob') ?? {};
    assert.ok(second < validAfter, 'Firebase Auth would go on with the session when the account is enabled');
  }

  describe('a sign-in after a user was disabled in the directory and before in Firebase Auth', () => {
    it('is rejected on every instance after the sync', async () => {
      let signedIn = Number.NaN;
      access.accounts.before = (what) => {
        if (what !== 'disable bob') return;
        access.clock.move(3_000);
        signedIn = access.now();
      };
      assert.deepEqual((await change({ disabled: true }))?.pending, []);
      await assertRefused(signedIn);
    });

    it('is rejected on every instance when the sync is minutes late', async () => {
      access.accounts.before = down;
      await change({ disabled: true });
      access.clock.move(240_000);
      const signedIn = access.now();
      access.clock.move(30_000);
      access.accounts.before = () => undefined;
      assert.equal((await access.another().reconcile(SYSTEM)).repaired, 1);
      await assertRefused(signedIn);
    });

    it('does not end a later session of a user who was enabled meanwhile', async () => {
      access.accounts.before = async (what) => {
        if (what !== 'disable bob') return;
        await access.directory.change({ uid: 'bob' }, ({ entry }) =>
          applyEdit(entry ?? assert.fail(), { disabled: false }, access.now()),
        );
      };
      const before = access.now() + 1;
      await change({ disabled: true });
      access.clock.move(60_000);
      assert.equal(await access.sync.syncAccount('bob'), true);
      assert.deepEqual(
        [access.accounts.byUid.get('bob')?.disabled, (await find()).validAfter],
        [false, before],
      );
    });
  });

  describe('claims of an older version that are written last', () => {
    it('are corrected by the instance that wrote them', async () => {
      const held = Promise.withResolvers<void>();
      const begun = Promise.withResolvers<void>();
      access.accounts.before = async (what) => {
        if (what !== 'setClaims bob') return;
        access.accounts.before = () => undefined;
        begun.resolve();
        await held.promise;
      };
      const slow = change({ grants: grants('admin') });
      await begun.promise;
      access.clock.move(LEASE_SECONDS * 1000);
      await change({ grants: grants('member') }, access.another());
      assert.deepEqual([(await find()).pending, claims()], [[], { roles: ['member'], rv: 3 }]);
      held.resolve();
      await slow;
      assert.deepEqual([(await find()).pending, claims()], [[], { roles: ['member'], rv: 3 }]);
      assert.equal(access.accounts.changes.length, 3, 'the newer, the older, and the newer again');
    });

    it('cannot come from a call that timed out until the SDK has given up', async () => {
      access.accounts.before = (what) => withDeadline(what, Promise.withResolvers<void>().promise, 1);
      assert.deepEqual((await change({ grants: grants('admin') }))?.pending, ['claims']);
      access.accounts.before = () => undefined;
      access.clock.move(149_999);
      const sync = () => access.another().sync.syncAccount('bob', { wait: false });
      assert.deepEqual([await sync(), access.accounts.changes], [false, []]);
      access.clock.move(1_001);
      assert.deepEqual([await sync(), claims()], [true, { roles: ['admin'], rv: 2 }]);
    });
  });

  it('is applied by the next sync at once after a call that failed without a timeout', async () => {
    access.accounts.before = down;
    await change({ grants: grants('admin') });
    assert.deepEqual([(await find()).lease, (await find()).pending], [undefined, ['claims']]);
    access.accounts.before = () => undefined;
    assert.equal(await access.another().sync.syncAccount('bob', { wait: false }), true);
    assert.deepEqual(claims(), { roles: ['admin'], rv: 2 });
  });

  it('is announced again when the sync is late, also after another change of the entry', async () => {
    access.accounts.before = down;
    await change({ grants: grants() });
    access.clock.move(900_000);
    access.accounts.before = () => undefined;
    await change({ disabled: false });
    assert.deepEqual(
      (await announced()).map(({ rolesVersion }) => rolesVersion),
      [2, 2],
    );
    assert.equal((await find()).pendingSince, undefined);
  });

  it('is announced once when the sync is in time', async () => {
    access.clock.move(900_000);
    await change({ grants: grants() });
    assert.equal((await announced()).length, 1);
  });
});
