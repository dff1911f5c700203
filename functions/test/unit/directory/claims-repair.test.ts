import assert from 'node:assert/strict';
import { unavailable } from '../../../src/core/errors.ts';
import { createAccessRecords } from '../../../src/directory/records.ts';
import { recordingLog } from '../../helpers/log.ts';
import { entryOf, openTestDirectory, type TestDirectory } from '../../helpers/test-directory.ts';

const SYSTEM = { kind: 'system', requestId: 'r' } as const;
const ADMIN = [{ role: 'admin', grantedBy: 'olga', grantedAt: 1 }] as const;

describe('claims that drifted from the entry', () => {
  let access: TestDirectory;
  /** Bob is an admin at version 2, and Firebase Auth knows. */
  beforeEach(async () => {
    access = await openTestDirectory([['bob', { roles: ['member'] }]]);
    await access.users.get('bob');
    await promote();
  });
  afterEach(() => access.close());

  const promote = () =>
    access.changeAccess(SYSTEM, { uid: 'bob', action: 'roles.set' }, () => ({ grants: ADMIN }));
  const account = () => access.accounts.byUid.get('bob') ?? assert.fail();
  const write = (claims: Record<string, unknown>) =>
    access.accounts.byUid.set('bob', { ...account(), claims });
  const version = async () => (await access.directory.find('bob'))?.rolesVersion;
  const alarms = async () =>
    (await access.all('auditEvents')).filter(({ action }) => action === 'claims.repair');

  const differing: [what: string, differ: () => unknown, before: object, after: object][] = [
    [
      'that another backend replaced',
      () => write({ plan: 'pro' }),
      { version: 2, claimed: 0 },
      { plan: 'pro', roles: ['admin'], rv: 3 },
    ],
    [
      'that another backend put back',
      () => write({ roles: ['owner'], rv: 1 }),
      { version: 2, claimed: 1 },
      { roles: ['admin'], rv: 3 },
    ],
    [
      'of a version that was never given',
      () => write({ roles: ['owner'], rv: 9 }),
      { version: 2, claimed: 9 },
      { roles: ['admin'], rv: 10 },
    ],
    [
      'that are newer than a directory restored from a backup',
      () => access.directory.change({ uid: 'bob' }, () => ({ entry: entryOf('bob', { roles: ['member'] }) })),
      { version: 1, claimed: 2 },
      { roles: ['member'], rv: 3 },
    ],
  ];
  const ways: Record<string, (uid: string) => Promise<unknown>> = {
    'a privileged request': (uid) => access.records.read(uid),
    'a stale token': (uid) => access.records.resyncAfterStaleToken(uid),
  };
  for (const [what, differ, before, after] of differing) {
    for (const [way, look] of Object.entries(ways)) {
      it(`${what} are repaired at ${way}, with a version above both, a feed entry and an audit event`, async () => {
        await differ();
        await look('bob');
        assert.deepEqual(account().claims, after);
        const [event, ...others] = await alarms();
        const said = [event?.actor, event?.target, event?.outcome, event?.before, event?.after];
        const { rv } = account().claims;
        assert.deepEqual([said, others], [['system', 'bob', 'done', before, { version: rv }], []]);
        for (const { feed } of [access, access.another()]) {
          assert.equal((await feed.find('bob'))?.rolesVersion, rv, 'tokens of either version are stale');
        }
        const entry = await access.directory.find('bob');
        assert.deepEqual([entry?.rolesVersion, entry?.claimsVersion, entry?.pending], [rv, rv, []]);
        access.clock.move(60_000);
        for (const again of Object.values(ways)) await again('bob');
        assert.equal((await alarms()).length, 1, 'once');
      });
    }
  }

  it('are repaired once by concurrent requests', async () => {
    write({ roles: ['owner'], rv: 9 });
    await Promise.all([access, access.another()].map(({ records }) => records.read('bob')));
    assert.deepEqual([(await alarms()).length, await version()], [1, 10]);
  });

  describe('while a change is in progress', () => {
    /** Records of an instance that begins to look at both, and reads one of them before the change and one after. */
    function between(first: 'entry' | 'account') {
      const { accounts, directory, sync, clock } = access;
      const old = { entry: directory.find('bob'), account: account() };
      const changed = old.entry.then(promote);
      let looks = 0;
      return createAccessRecords({
        accounts: {
          async find(uid) {
            await changed;
            return looks++ === 0 && first === 'account' ? old.account : accounts.find(uid);
          },
        },
        directory: {
          ...directory,
          async find(uid) {
            await changed;
            return first === 'entry' ? old.entry : directory.find(uid);
          },
        },
        ...{ sync, clock, log: { failure: () => assert.fail() } },
      });
    }
    for (const first of ['entry', 'account'] as const) {
      for (const way of ['read', 'resyncAfterStaleToken'] as const) {
        it(`are not repaired when ${way} read the ${first} before the change`, async () => {
          await between(first)[way]('bob');
          assert.deepEqual([await alarms(), await version()], [[], 3]);
        });
      }
    }

    it('are not repaired while they are pending', async () => {
      const entry = entryOf('bob', { roles: ['admin'], rolesVersion: 3, pending: ['claims'] });
      await access.directory.change({ uid: 'bob' }, () => ({ entry }));
      await access.records.read('bob');
      await access.records.resyncAfterStaleToken('bob');
      assert.deepEqual([await alarms(), await version(), account().claims.rv], [[], 3, 3]);
    });
  });

  it('do not block the decision on a privileged request when the repair fails', async () => {
    write({ plan: 'pro' });
    const { accounts, sync, clock } = access;
    const directory = { ...access.directory, change: () => Promise.reject(unavailable('directory.change')) };
    const { lines, log } = recordingLog();
    const records = createAccessRecords({ directory, accounts, sync, clock, log });
    assert.equal((await records.read('bob'))?.rolesVersion, 2);
    assert.deepEqual(
      lines.map(({ kind, requestId }) => [kind, requestId]),
      [['failure', 'claims-repair']],
    );
  });

  it('with a version beyond safe integers count as unversioned', async () => {
    write({ roles: ['owner'], rv: Number.MAX_SAFE_INTEGER });
    await access.records.read('bob');
    assert.equal(await version(), 3);
    assert.deepEqual(account().claims, { roles: ['admin'], rv: 3 });
  });
});
