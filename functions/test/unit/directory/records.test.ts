import assert from 'node:assert/strict';
import { entryOf, openTestDirectory, type TestDirectory } from '../../helpers/test-directory.ts';

describe('the access record', () => {
  let access: TestDirectory;
  beforeEach(async () => {
    access = await openTestDirectory([['bob', { roles: ['admin'], validAfter: 50 }]]);
  });
  afterEach(() => access.close());

  it('does not exist without an account, even if there is an entry', async () => {
    await access.directory.change({ uid: 'gone' }, () => ({ entry: entryOf('gone', { roles: ['owner'] }) }));
    assert.equal(await access.records.read('gone'), undefined);
    assert.equal(await access.records.read('missing'), undefined);
  });

  it('creates a missing entry with the roles in the claims, and records that', async () => {
    const record = await access.records.read('bob');
    assert.deepEqual([record?.grants.map(({ role }) => role), record?.rolesVersion], [['admin'], 1]);
    assert.equal((await access.directory.find('bob'))?.rolesVersion, 1);
    const [event] = await access.all('auditEvents');
    assert.deepEqual(
      [event?.action, event?.target, event?.after],
      ['user.import', 'bob', { grants: [{ role: 'admin' }], version: 1 }],
    );
  });

  it('creates the entry once for concurrent requests', async () => {
    const other = access.another();
    const reads = [access, other, access, other].map(({ records }) => records.read('bob'));
    const [first, ...others] = await Promise.all(reads);
    for (const record of others) assert.deepEqual(record, first);
    assert.equal((await access.all('auditEvents')).length, 1);
  });

  it('follows the directory, not the claims, once there is an entry', async () => {
    await access.directory.change({ uid: 'bob' }, () => ({
      entry: entryOf('bob', { roles: ['member'], rolesVersion: 7 }),
    }));
    const record = await access.records.read('bob');
    assert.deepEqual([record?.grants.map(({ role }) => role), record?.rolesVersion], [['member'], 7]);
  });

  it('combines both: disabled in either, and the larger validAfter', async () => {
    const enter = (disabled: boolean, validAfter: number) =>
      access.directory.change({ uid: 'bob' }, () => ({ entry: entryOf('bob', { disabled, validAfter }) }));
    const read = async () => {
      const { disabled, validAfter } = (await access.records.read('bob')) ?? assert.fail();
      return [disabled, validAfter];
    };
    await enter(false, 40);
    assert.deepEqual(await read(), [false, 50]);
    await enter(true, 60);
    assert.deepEqual(await read(), [true, 60]);
    await enter(false, 60);
    access.accounts.byUid.set('bob', {
      ...(access.accounts.byUid.get('bob') ?? assert.fail()),
      disabled: true,
    });
    assert.deepEqual(await read(), [true, 60]);
  });

  it('has the factors of the entry, and firebase for those of Identity Platform', async () => {
    const read = async () => (await access.records.read('bob'))?.factors;
    assert.equal(await read(), undefined);
    const bob = access.accounts.byUid.get('bob') ?? assert.fail();
    access.accounts.byUid.set('bob', { ...bob, hasSecondFactor: true });
    assert.deepEqual(await read(), ['firebase']);
    const entry = entryOf('bob', { factors: ['totp', 'passkey'] });
    await access.directory.change({ uid: 'bob' }, () => ({ entry }));
    assert.deepEqual(await read(), ['totp', 'passkey', 'firebase']);
    access.accounts.byUid.set('bob', bob);
    assert.deepEqual(await read(), ['totp', 'passkey']);
  });

  it('completes a deletion that a crash interrupted', async () => {
    const entry = entryOf('gone', { disabled: true, pending: ['deletion'] });
    await access.directory.change({ uid: 'gone' }, () => ({ entry }));
    await access.records.resyncAfterStaleToken('gone');
    assert.equal(await access.directory.find('gone'), undefined);
  });

  it('applies pending changes after a stale token, at most once in five seconds', async () => {
    const leave = () =>
      access.directory.change({ uid: 'bob' }, () => ({
        entry: entryOf('bob', { rolesVersion: 3, pending: ['claims'] }),
      }));
    await leave();
    await access.records.resyncAfterStaleToken('bob');
    assert.deepEqual(access.accounts.changes, ['setClaims bob']);
    access.accounts.byUid.set('bob', { ...(access.accounts.byUid.get('bob') ?? assert.fail()), claims: {} });
    await leave();
    access.clock.move(4_999);
    await access.records.resyncAfterStaleToken('bob');
    assert.equal(access.accounts.changes.length, 1);
    access.clock.move(1);
    await access.records.resyncAfterStaleToken('bob');
    assert.equal(access.accounts.changes.length, 2);
  });
});
