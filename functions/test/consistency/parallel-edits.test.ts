import assert from 'node:assert/strict';
import type { RecordedEvent } from '../../src/audit/audit-event.ts';
import { startTestFirestore } from '../helpers/firestore.ts';
import { PROJECT } from '../helpers/google.ts';
import { type AuthServer, openAuthServer, syncedAccount } from './auth-server.ts';
import { type Backends, connectBackends } from './backends.ts';
import { type Child, startChild } from './child-process.ts';
import { DAY, type EditJob, edit } from './editor.ts';
import { type OwnInstance, openInstance } from './instance.ts';
import { entryOf, seed } from './seed.ts';

const EDITS = 50;
const BY = 'olga';
/** The end of the first grant; far enough that it never counts as past. */
const END = 4_000_000_000;
/** By then nobody has the turn to tell Firebase Auth, not even one that was given up. */
const TURNS_MS = 200_000;

/** What the history says of a grant that was prolonged so many times. */
const standing = (edits: number) => ({
  version: 1 + edits,
  grants: [{ role: 'support', expiresAt: END + edits * DAY }],
});

describe('of 50 parallel role edits', function () {
  this.timeout(120_000);
  const children: Child[] = [];
  const instances: OwnInstance[] = [];
  let firestore: Awaited<ReturnType<typeof startTestFirestore>>;
  let auth: AuthServer;
  let outside: Backends;
  let later: OwnInstance;

  before(async () => {
    [firestore, auth] = await Promise.all([startTestFirestore({}), openAuthServer()]);
    const addresses = {
      firestore: firestore.host,
      auth: auth.port,
      project: PROJECT,
      database: 'parallel-edits',
    };
    outside = connectBackends(addresses);
    children.push(...(await Promise.all([startChild(), startChild(), startChild()])));
    await Promise.all(children.map((child) => child.open(addresses)));
    instances.push(openInstance(addresses), openInstance(addresses));
    later = openInstance(addresses, () => Date.now() + TURNS_MS);
  });

  after(async () => {
    await Promise.all([
      ...children.map((child) => child.kill()),
      ...[...instances, later, outside].map(({ close }) => close()),
    ]);
    await Promise.all([firestore.stop(), auth.close()]);
  });

  /** Dealt out to the two instances here and to those of three other processes, all at once. */
  async function makeAtOnce(jobs: readonly EditJob[]): Promise<void> {
    const doers = [
      ...instances.map((instance) => (own: EditJob[]) => Promise.all(own.map((job) => edit(instance, job)))),
      ...children.map((child) => (edits: EditJob[]) => child.run({ edits })),
    ];
    await Promise.all(doers.map((make, n) => make(jobs.filter((_, i) => i % doers.length === n))));
  }

  async function enter(uids: readonly string[]): Promise<void> {
    const entries = uids.map((uid) => entryOf(uid, ['support'], END));
    await seed(outside.db, [entryOf(BY, ['owner']), ...entries]);
    for (const entry of entries) auth.accounts.set(entry.uid, syncedAccount(entry));
  }

  /** Done changes of somebody, by the version they led to. */
  async function history(uid: string): Promise<RecordedEvent[]> {
    const { events } = (await instances[0]?.audit.list({ target: uid, pageSize: 500 })) ?? assert.fail();
    const version = ({ after }: RecordedEvent) => Number(after?.version);
    return events.filter(({ outcome }) => outcome === 'done').sort((a, b) => version(a) - version(b));
  }

  /** Whose edit is committed need not stay until Firebase Auth has been told: on a busy machine something may be left. */
  async function reconcile(): Promise<void> {
    const { failed, more } = await later.reconcileAccess({ kind: 'system', requestId: 'r' });
    assert.deepEqual({ failed, more }, { failed: 0, more: false });
  }

  /** What Firebase Auth holds is what the directory says, and nothing is left to tell. */
  async function assertTold(uid: string, version: number, end: number): Promise<void> {
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

  it('of one user none is lost: each is in the history, and the history is one chain', async () => {
    await enter(['bob']);
    const names = Array.from({ length: EDITS }, (_, i) => `edit ${i}`);
    await makeAtOnce(names.map((name) => ({ uid: 'bob', by: BY, name })));

    const events = await history('bob');
    assert.deepEqual(events.map(({ reason }) => reason).sort(), names.sort());
    for (const [n, event] of events.entries()) {
      assert.deepEqual(event.before, n === 0 ? standing(0) : events[n - 1]?.after);
      assert.deepEqual(event.after, standing(n + 1));
    }
    await reconcile();
    await assertTold('bob', 1 + EDITS, END + EDITS * DAY);
  });

  it('of 50 users every one is made, and each user’s own', async () => {
    const uids = Array.from({ length: EDITS }, (_, i) => `user-${i}`);
    await enter(uids);
    await makeAtOnce(uids.map((uid) => ({ uid, by: BY, name: `edit of ${uid}` })));

    await reconcile();
    for (const uid of uids) {
      const events = await history(uid);
      assert.deepEqual(
        events.map(({ reason }) => reason),
        [`edit of ${uid}`],
      );
      await assertTold(uid, 2, END + DAY);
    }
  });
});
