import assert from 'node:assert/strict';
import type { Role } from '../../../../src/authz/roles.ts';
import { withDeadline } from '../../../../src/core/deadline.ts';
import { unavailable } from '../../../../src/core/errors.ts';
import { applyEdit, type Edit } from '../../../../src/directory/edit.ts';
import { LEASE_SECONDS } from '../../../../src/directory/sync/account-sync.ts';
import { withPerformanceClock } from '../../../helpers/fake-timers.ts';
import { connect, startTestFirestore } from '../../../helpers/firestore.ts';
import { openTestDirectory, type TestDirectory } from '../../../helpers/test-directory.ts';

describe('syncAccount', () => {
  let access: TestDirectory;
  let server: Awaited<ReturnType<typeof startTestFirestore>>;
  before(async () => {
    server = await startTestFirestore({}); // many changes meet below
  });
  beforeEach(async () => {
    const claims = { roles: ['support'], rv: 1, plan: 'pro' };
    access = await openTestDirectory([['bob', { roles: ['support'], claims }]], {
      firestore: connect(server),
    });
    await access.users.get('bob');
  });
  afterEach(() => access.close());
  after(() => server.stop());

  const grants = (...roles: Role[]) => roles.map((role) => ({ role, grantedBy: 'olga', grantedAt: 1 }));
  /** Commits an edit as a process would that died before it could tell Firebase Auth. */
  const commit = (edit: Edit, lease?: { by: string; until: number }) =>
    access.directory.change({ uid: 'bob' }, ({ entry }) => {
      const edited = applyEdit(entry ?? assert.fail(), edit, access.now());
      return { ...edited, entry: { ...edited.entry, lease: lease } };
    });
  const find = async () => (await access.directory.find('bob')) ?? assert.fail('no entry');
  const claims = () => access.accounts.byUid.get('bob')?.claims;

  it('removes access before it adds access', async () => {
    await commit({ grants: grants('member'), disabled: true });
    assert.equal(await access.sync.syncAccount('bob'), true);
    assert.deepEqual(access.accounts.changes, ['disable bob', 'revokeTokens bob', 'setClaims bob']);
  });

  it('ends sessions once, although the next second begins after the account was disabled', async () => {
    // To 0.9 s after a whole second.
    access.clock.move(1_900 - (access.clock() % 1_000));
    access.accounts.before = (change) => {
      // Firebase Auth ends sessions by whole seconds, so the account store waits for the next one.
      if (change === 'revokeTokens bob') access.clock.move(200);
    };
    await commit({ disabled: true });
    const { validAfter } = await find();
    assert.equal(await access.sync.syncAccount('bob'), true);
    assert.deepEqual(access.accounts.changes, ['disable bob', 'revokeTokens bob']);
    assert.equal((await find()).validAfter, validAfter);
  });

  it('enables the account last', async () => {
    await commit({ disabled: true });
    await access.sync.syncAccount('bob');
    access.accounts.changes.length = 0;
    access.clock.move(2_000);
    await commit({ grants: grants('member'), revoke: true });
    await commit({ disabled: false });
    await access.sync.syncAccount('bob');
    assert.deepEqual(access.accounts.changes, ['revokeTokens bob', 'setClaims bob', 'enable bob']);
  });

  it('applies pending changes, keeps the claims of other code, and is then done', async () => {
    await commit({ grants: grants('member', 'auditor') });
    assert.deepEqual((await find()).pending, ['claims']);
    assert.equal(await access.sync.syncAccount('bob'), true);
    assert.deepEqual(claims(), { plan: 'pro', roles: ['member', 'auditor'], rv: 2 });
    const { pending, claimsVersion, lease } = await find();
    assert.deepEqual([pending, claimsVersion, lease], [[], 2, undefined]);
    assert.equal(await access.sync.syncAccount('bob'), true);
    assert.deepEqual(access.accounts.changes, ['setClaims bob']);
  });

  it('writes nothing that the account already has', async () => {
    await commit({ grants: grants('member'), disabled: true });
    const { validAfter } = await find();
    const bob = access.accounts.byUid.get('bob') ?? assert.fail();
    access.accounts.byUid.set('bob', {
      ...bob,
      disabled: true,
      validAfter,
      claims: { roles: ['member'], rv: 2, plan: 'pro' },
    });
    assert.equal(await access.sync.syncAccount('bob'), true);
    assert.deepEqual([access.accounts.changes, (await find()).pending], [[], []]);
  });

  it('leaves expired roles out of the claims, and adds the expiry of the others', async () => {
    const [member] = grants('member');
    assert.ok(member);
    const ahead = access.now() + 60;
    await commit({
      grants: [
        { ...member, role: 'admin', expiresAt: access.now() },
        { ...member, expiresAt: ahead },
      ],
    });
    await access.sync.syncAccount('bob');
    assert.deepEqual(claims(), { plan: 'pro', roles: ['member'], rv: 2, rx: { member: ahead } });
  });

  it('leaves failed changes pending, logs the failure, and applies them the next time', async () => {
    access.accounts.before = (change) => {
      if (change.startsWith('setClaims')) throw unavailable('setCustomUserClaims');
    };
    await commit({ grants: grants(), revoke: true });
    assert.equal(await access.sync.syncAccount('bob'), false);
    assert.deepEqual((await find()).pending, ['claims', 'sessions']);
    assert.deepEqual(
      access.lines.map(({ kind, code }) => [kind, code]),
      [['failure', 'unavailable']],
    );
    access.accounts.before = () => undefined;
    access.clock.move(LEASE_SECONDS * 1000);
    assert.equal(await access.sync.syncAccount('bob'), true);
    assert.deepEqual(claims(), { plan: 'pro', roles: [], rv: 2 });
  });

  it('leaves claims pending that are too large, and logs that', async () => {
    const bob = access.accounts.byUid.get('bob') ?? assert.fail();
    access.accounts.byUid.set('bob', { ...bob, claims: { pad: 'x'.repeat(980) } });
    await commit({ grants: grants('member'), disabled: true });
    assert.equal(await access.sync.syncAccount('bob'), false);
    assert.ok((await find()).pending.includes('claims'));
    assert.equal(access.lines.at(-1)?.code, 'claims_too_large');
    assert.equal(
      access.accounts.byUid.get('bob')?.disabled,
      true,
      'what removes access is applied all the same',
    );
  });

  describe('with leases', () => {
    it('lets one instance write claims at a time, in the order of their versions', async () => {
      const written: unknown[] = [];
      const { setClaims } = access.accounts;
      let inside = 0;
      access.accounts.setClaims = async (uid, claims) => {
        inside++;
        assert.equal(inside, 1, 'two instances write at once');
        await new Promise((resolve) => setImmediate(resolve));
        await setClaims(uid, claims);
        written.push(claims.rv);
        inside--;
      };
      const instances = [access, access.another(), access.another()];
      await Promise.all(
        Array.from({ length: 24 }, (_, n) =>
          instances[n % 3]?.changeAccess(
            { kind: 'system', requestId: 'r' },
            { uid: 'bob', action: 'roles.set' },
            () => ({ grants: grants(n % 2 === 0 ? 'member' : 'auditor') }),
          ),
        ),
      );
      const { rolesVersion, pending, claimsVersion, grants: last } = await find();
      assert.deepEqual([rolesVersion, claimsVersion, pending], [25, 25, []]);
      assert.deepEqual(claims(), { plan: 'pro', roles: last.map(({ role }) => role), rv: 25 });
      assert.deepEqual(
        written,
        written.toSorted((a, b) => Number(a) - Number(b)),
      );
    }).timeout(30_000);

    it('waits for the instance with the lease, and has nothing to do after it', async () => {
      const held = Promise.withResolvers<void>();
      const begun = Promise.withResolvers<void>();
      access.accounts.before = async () => {
        begun.resolve();
        await held.promise;
      };
      await commit({ grants: grants('member') });
      const first = access.sync.syncAccount('bob');
      await begun.promise;
      const second = access.another().sync.syncAccount('bob');
      held.resolve();
      assert.deepEqual(await Promise.all([first, second]), [true, true]);
      assert.deepEqual(access.accounts.changes, ['setClaims bob']);
    });

    it('also applies changes that were made while it had the lease', async () => {
      await commit({ grants: grants('member') });
      let once = true;
      access.accounts.before = async () => {
        if (!once) return;
        once = false;
        const { lease } = await find();
        await commit({ grants: grants('auditor') }, lease);
      };
      assert.equal(await access.sync.syncAccount('bob'), true);
      assert.deepEqual(claims(), { plan: 'pro', roles: ['auditor'], rv: 3 });
      assert.deepEqual(access.accounts.changes, ['setClaims bob', 'setClaims bob']);
    });

    it('applies what became pending under its own lease, even with wait: false', async () => {
      await commit({ grants: grants('member') });
      access.accounts.before = async () => {
        access.accounts.before = () => undefined;
        await commit({ grants: grants('auditor') }, (await find()).lease);
      };
      assert.equal(await access.sync.syncAccount('bob', { wait: false }), true);
      assert.deepEqual([claims(), (await find()).pending], [{ plan: 'pro', roles: ['auditor'], rv: 3 }, []]);
    });

    it('takes over from a crashed instance when the lease expires, and not before', async () => {
      const until = access.now() + LEASE_SECONDS;
      await commit({ grants: grants('member') }, { by: 'dead', until });
      access.clock.move(until * 1000 - 1 - access.clock());
      const bringing = access.sync.syncAccount('bob');
      // It has read the entry at least once, with the lease of the other instance.
      await access.directory.find('bob');
      assert.deepEqual([access.accounts.changes, (await find()).lease], [[], { by: 'dead', until }]);
      access.clock.move(1);
      assert.equal(await bringing, true);
      assert.deepEqual(access.accounts.changes, ['setClaims bob']);
    });

    it('returns false after waiting for an instance that never ends', async () => {
      await commit({ grants: grants('member') }, { by: 'other', until: access.now() + LEASE_SECONDS });
      await withPerformanceClock(async (move) => {
        const bringing = access.sync.syncAccount('bob');
        move(8_001);
        assert.equal(await bringing, false);
      });
      assert.deepEqual([access.accounts.changes, (await find()).pending], [[], ['claims']]);
    });
  });

  describe('when it is late', () => {
    const announced = async () =>
      (await access.all('accessChanges')).map(({ rolesVersion, validAfter }) => [rolesVersion, validAfter]);

    it('announces the change again: tokens may have been issued with the old claims', async () => {
      await commit({ grants: grants() });
      access.clock.move(61_000);
      assert.equal(await access.sync.syncAccount('bob'), true);
      const changes = await announced();
      assert.equal(changes.length, 2);
      assert.deepEqual(
        changes.map(([version]) => version),
        [2, 2],
      );
    });

    it('does not announce it again within a minute', async () => {
      await commit({ grants: grants() });
      access.clock.move(60_000);
      assert.equal(await access.sync.syncAccount('bob'), true);
      assert.equal((await announced()).length, 1);
    });
  });

  describe('of a user with a deleted account', () => {
    it('deletes the entry, records it, and announces it to every instance', async () => {
      await commit({ grants: grants('owner') });
      access.accounts.byUid.delete('bob');
      assert.equal(await access.sync.syncAccount('bob'), true);
      assert.equal(await access.directory.find('bob'), undefined);
      assert.deepEqual(await access.owners(), [], 'there is no last owner to keep');
      const [event] = (await access.all('auditEvents')).filter(
        ({ action }) => action === 'user.account-deleted',
      );
      assert.deepEqual([event?.actor, event?.target, event?.outcome], ['system', 'bob', 'done']);
      const gone = (await access.all('accessChanges')).find(({ gone }) => gone === true);
      assert.deepEqual([gone?.uid, gone?.validAfter], ['bob', access.now() + 1]);
    });

    it('completes a requested deletion, which was recorded with the request', async () => {
      await commit({ remove: true });
      assert.equal(await access.sync.syncAccount('bob'), true);
      assert.deepEqual(access.accounts.changes, ['disable bob', 'remove bob']);
      assert.equal(await access.directory.find('bob'), undefined);
      assert.ok((await access.all('auditEvents')).every(({ action }) => action !== 'user.account-deleted'));
    });

    it('continues a deletion that was interrupted after the account was deleted', async () => {
      await commit({ remove: true });
      access.accounts.byUid.delete('bob');
      assert.equal(await access.sync.syncAccount('bob'), true);
      assert.equal(await access.directory.find('bob'), undefined);
    });

    it('does nothing for a user who does not exist', async () => {
      assert.equal(await access.sync.syncAccount('missing'), true);
      assert.equal(await access.directory.find('missing'), undefined);
    });

    it('releases the lease when only a read timed out', async () => {
      await commit({ disabled: true });
      const { find } = access.accounts;
      access.accounts.find = () => withDeadline('getUser', new Promise(() => undefined), 5);
      assert.equal(await access.sync.syncAccount('bob'), false);
      assert.equal((await access.directory.find('bob'))?.lease, undefined);
      access.accounts.find = find;
      assert.equal(await access.sync.syncAccount('bob'), true);
    });
  });
});
