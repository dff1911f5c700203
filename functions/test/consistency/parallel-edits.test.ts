import assert from 'node:assert/strict';
import type { RecordedEvent } from '../../src/audit/audit-event.ts';
import { startTestFirestore } from '../helpers/firestore.ts';
import { PROJECT } from '../helpers/google.ts';
import { type AuthServer, openAuthServer, syncedAccount } from './auth-server.ts';
import { type Backends, connectBackends } from './backends.ts';
import { type Child, startChild } from './child-process.ts';
import { DAY, type EditJob, edit } from './editor.ts';
import { connectInstance, type OwnInstance } from './instance.ts';
import { entryOf, seed } from './seed.ts';

const EDITS = 50;
const BY = 'olga';
/** The end of the first grant, far in the future. Seconds since the epoch. */
const END = 4_000_000_000;
/** Longer than any sync lease, also an uncertain one. */
const LEASES_MS = 200_000;

/** The `after` of the audit event that extends the grant for the n-th time. */
const snapshotAfter = (edits: number) => ({
  version: 1 + edits,
  grants: [{ role: 'support', expiresAt: END + edits * DAY }],
});

describe('50 parallel role edits', function () {
  this.timeout(120_000);
  const children: Child[] = [];
  const instances: OwnInstance[] = [];
  let firestore: Awaited<ReturnType<typeof startTestFirestore>>;
  let auth: AuthServer;
  let backends: Backends;
  let laterInstance: OwnInstance;

  before(async () => {
    [firestore, auth] = await Promise.all([startTestFirestore({}), openAuthServer()]);
    const addresses = {
      firestore: firestore.host,
      auth: auth.port,
      project: PROJECT,
      database: 'parallel-edits',
    };
    backends = connectBackends(addresses);
    children.push(...(await Promise.all([startChild(), startChild(), startChild()])));
    await Promise.all(children.map((child) => child.open(addresses)));
    instances.push(connectInstance(addresses), connectInstance(addresses));
    laterInstance = connectInstance(addresses, () => Date.now() + LEASES_MS);
  });

  after(async () => {
    await Promise.all([
      ...children.map((child) => child.kill()),
      ...[...instances, laterInstance, backends].map(({ close }) => close()),
    ]);
    await Promise.all([firestore.stop(), auth.close()]);
  });

  /** Makes the edits in parallel: in two instances here and in those of three other processes. */
  async function editInParallel(jobs: readonly EditJob[]): Promise<void> {
    const editors = [
      ...instances.map((instance) => (own: EditJob[]) => Promise.all(own.map((job) => edit(instance, job)))),
      ...children.map((child) => (edits: EditJob[]) => child.run({ edits })),
    ];
    await Promise.all(editors.map((make, n) => make(jobs.filter((_, i) => i % editors.length === n))));
  }

  async function seedUsers(uids: readonly string[]): Promise<void> {
    const entries = uids.map((uid) => entryOf(uid, ['support'], END));
    await seed(backends.db, [entryOf(BY, ['owner']), ...entries]);
    for (const entry of entries) auth.accounts.set(entry.uid, syncedAccount(entry));
  }

  /** The audit events of a user's changes, by version. */
  async function history(uid: string): Promise<RecordedEvent[]> {
    const { events } = (await instances[0]?.audit.list({ target: uid, pageSize: 500 })) ?? assert.fail();
    const version = ({ after }: RecordedEvent) => Number(after?.version);
    return events.filter(({ outcome }) => outcome === 'done').sort((a, b) => version(a) - version(b));
  }

  /** An edit may return before Firebase Auth is synced: on a busy machine, something may be pending. */
  async function reconcile(): Promise<void> {
    const { failed, more } = await laterInstance.reconcileAccess({ kind: 'system', requestId: 'r' });
    assert.deepEqual({ failed, more }, { failed: 0, more: false });
  }

  /** Asserts that Firebase Auth matches the directory, and that nothing is pending. */
  async function assertSynced(uid: string, version: number, end: number): Promise<void> {
    const entry = (await instances[0]?.directory.find(uid)) ?? assert.fail(uid);
    assert.deepEqual([entry.rolesVersion, entry.claimsVersion], [version, version]);
    assert.deepEqual([entry.pending, entry.lease], [[], undefined]);
    assert.deepEqual(
      entry.grants.map(({ role, expiresAt }) => ({ role, expiresAt })),
      [{ role: 'support', expiresAt: end }],
    );
    assert.deepEqual(JSON.parse(auth.accounts.get(uid)?.customAttributes ?? '{}'), {
      tier: 'gold',
      ...{ roles: ['support'], rv: version, rx: { support: end } },
    });
  }

  it('of one user lose no edit: the audit log has each of them, in one chain of versions', async () => {
    await seedUsers(['bob']);
    const names = Array.from({ length: EDITS }, (_, i) => `edit ${i}`);
    await editInParallel(names.map((name) => ({ uid: 'bob', by: BY, name })));

    const events = await history('bob');
    assert.deepEqual(events.map(({ reason }) => reason).sort(), names.sort());
    for (const [n, event] of events.entries()) {
      assert.deepEqual(event.before, n === 0 ? snapshotAfter(0) : events[n - 1]?.after);
      assert.deepEqual(event.after, snapshotAfter(n + 1));
    }
    await reconcile();
    await assertSynced('bob', 1 + EDITS, END + EDITS * DAY);
  });

  it('of single grants all arrive, whichever instance and process makes them', async () => {
    const uids = Array.from({ length: 5 }, (_, i) => `granted-${i}`);
    await seedUsers(uids);
    const roles = ['member', 'auditor', 'admin'] as const;
    await editInParallel(uids.flatMap((uid) => roles.map((role) => ({ uid, by: BY, name: role, role }))));

    await reconcile();
    for (const uid of uids) {
      const entry = (await instances[0]?.directory.find(uid)) ?? assert.fail(uid);
      assert.deepEqual([...entry.grants].map(({ role }) => role).sort(), [...roles, 'support'].sort());
      assert.deepEqual([entry.rolesVersion, entry.claimsVersion, entry.pending], [4, 4, []]);
      const versions = (await history(uid)).map(({ after }) => after?.version);
      assert.deepEqual(versions, [2, 3, 4]);
    }
  });

  it('of 50 users are all made, each for the right user', async () => {
    const uids = Array.from({ length: EDITS }, (_, i) => `user-${i}`);
    await seedUsers(uids);
    await editInParallel(uids.map((uid) => ({ uid, by: BY, name: `edit of ${uid}` })));

    await reconcile();
    for (const uid of uids) {
      const events = await history(uid);
      assert.deepEqual(
        events.map(({ reason }) => reason),
        [`edit of ${uid}`],
      );
      await assertSynced(uid, 2, END + DAY);
    }
  });
});
