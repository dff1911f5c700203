import assert from 'node:assert/strict';
import { unavailable } from '../../../../src/core/errors.ts';
import { toDocument } from '../../../../src/directory/entry-document.ts';
import { createReconcileAccess, type ReconcileAccess } from '../../../../src/directory/sync/reconcile.ts';
import { withPerformanceClock } from '../../../helpers/fake-timers.ts';
import type { accountOf } from '../../../helpers/memory-accounts.ts';
import { entryOf, openTestDirectory, type TestDirectory } from '../../../helpers/test-directory.ts';

const SYSTEM = { kind: 'system', requestId: 'reconcileAccess' } as const;
const name = (n: number) => `u${String(n).padStart(3, '0')}`;

describe('reconcile', () => {
  let access: TestDirectory;
  afterEach(() => access.close());

  async function open(
    count: number,
    facts: (now: number, n: number) => Parameters<typeof entryOf>[1],
    uid = name,
  ) {
    const people = Array.from({ length: count }, (_, n): Parameters<typeof accountOf> => [uid(n)]);
    access = await openTestDirectory(people);
    const batch = access.firestore.db.batch();
    for (const [n, [uid]] of people.entries()) {
      const entry = entryOf(uid, facts(access.now(), n));
      batch.set(access.firestore.db.doc(`directory/${uid}`), toDocument(entry));
    }
    await batch.commit();
  }
  const find = async (uid: string) => (await access.directory.find(uid)) ?? assert.fail(uid);
  const grants = (now: number, ...ends: number[]) =>
    ends.map((end, n) => ({
      role: (['support', 'auditor', 'member'] as const)[n] ?? assert.fail(),
      ...{ grantedBy: 'x', grantedAt: 1, expiresAt: now + end },
    }));

  it('removes expired grants at their second, and keeps the others', async () => {
    await open(1, (now) => ({ grants: grants(now, 0, -5, 1) }));
    assert.deepEqual(await access.reconcile(SYSTEM), { expired: 1, repaired: 0, failed: 0, more: false });
    const { grants: left, rolesVersion } = await find('u000');
    assert.deepEqual([left.map(({ role }) => role), rolesVersion], [['member'], 2]);
    assert.deepEqual(access.accounts.byUid.get('u000')?.claims.roles, ['member']);
    const [event] = await access.all('auditEvents');
    assert.deepEqual([event?.action, event?.actor], ['grants.expire', 'system']);
  });

  it('applies pending changes to Firebase Auth', async () => {
    await open(2, () => ({ roles: ['member'], rolesVersion: 3, pending: ['claims'] }));
    assert.deepEqual(await access.reconcile(SYSTEM), { expired: 0, repaired: 2, failed: 0, more: false });
    assert.deepEqual((await find('u001')).pending, []);
    assert.equal(access.accounts.byUid.get('u001')?.claims.rv, 3);
  });

  it('does nothing when no grant has expired and nothing is pending', async () => {
    await open(3, (now) => ({ grants: grants(now, 1) }));
    assert.deepEqual(await access.reconcile(SYSTEM), { expired: 0, repaired: 0, failed: 0, more: false });
    assert.deepEqual([access.accounts.changes, access.lines], [[], []]);
  });

  it('continues after an entry that fails, and handles it in the next run', async () => {
    await open(4, () => ({ pending: ['claims'], rolesVersion: 2 }));
    access.accounts.before = (change) => {
      if (change.endsWith('u000')) throw unavailable('setCustomUserClaims');
    };
    assert.deepEqual(await access.reconcile(SYSTEM), { expired: 0, repaired: 3, failed: 1, more: false });
    access.accounts.before = () => undefined;
    access.clock.move(20_000);
    assert.deepEqual(await access.reconcile(SYSTEM), { expired: 0, repaired: 1, failed: 0, more: false });
  });

  it('continues after a damaged document', async () => {
    await open(3, (now) => ({ grants: grants(now, 0), pending: ['claims'] }));
    await access.firestore.db.doc('directory/u000').update({ updated: null });
    const { expired, failed } = await access.reconcile(SYSTEM);
    assert.deepEqual([expired, failed], [2, 2]);
    assert.deepEqual((await find('u002')).grants, []);
  });

  it('removes an expired grant once when two run at once', async () => {
    await open(3, (now) => ({ grants: grants(now, 0) }));
    const runs = await Promise.all([access, access.another()].map(({ reconcile }) => reconcile(SYSTEM)));
    assert.equal(
      runs.reduce((sum, { expired }) => sum + expired, 0),
      3,
    );
    const events = await access.all('auditEvents');
    assert.deepEqual(events.map(({ target }) => target).sort(), ['u000', 'u001', 'u002']);
  });

  describe('with more entries than there is time for', () => {
    /** Every sync takes a second of the time of a run, and fails. */
    async function slow(
      facts: Parameters<typeof open>[1],
      work: (run: ReconcileAccess, told: Set<string>) => Promise<void>,
    ) {
      const hex = (n: number) => `${((n * 37) % 256).toString(16).padStart(2, '0')}-${n}`;
      await open(48, facts, hex);
      const { firestore, changeAccess, clock } = access;
      const told = new Set<string>();
      await withPerformanceClock(async (move) => {
        const syncAccount = async (uid: string) => {
          move(1_001);
          told.add(uid);
          return false;
        };
        await work(
          createReconcileAccess({ open: firestore.open, changeAccess, sync: { syncAccount }, clock }),
          told,
        );
      });
    }

    it('ends in time, and reports that there is more', async () => {
      await slow(
        () => ({ pending: ['claims'] }),
        async (run, told) => {
          const { failed, more } = await run(SYSTEM);
          assert.deepEqual([failed, more], [told.size, true]);
          assert.ok(told.size <= 40, 'a batch of each half');
        },
      );
    });

    it('reaches every entry over some runs, even if none succeeds', async () => {
      await slow(
        () => ({ pending: ['claims'] }),
        async (run, told) => {
          for (let n = 0; n < 80 && told.size < 48; n++) await run(SYSTEM);
          assert.equal(told.size, 48);
        },
      );
    });
  });

  it('handles more than one page of both kinds', async () => {
    await open(90, (now, n) => (n % 2 === 0 ? { grants: grants(now, 0) } : { pending: ['claims'] }));
    const { expired, repaired, failed, more } = await access.reconcile(SYSTEM);
    assert.deepEqual([expired, repaired, failed, more], [45, 45, 0, false]);
  });
});
