import assert from 'node:assert/strict';
import type { FirestoreServer } from '../../../../../packages/firestore-emulator/server.ts';
import { unavailable } from '../../../../src/core/errors.ts';
import {
  type AccessChange,
  CHANGE_LIFETIME,
  readAccessChanges,
} from '../../../../src/directory/revocation/access-changes.ts';
import { createRevocationFeed } from '../../../../src/directory/revocation/feed.ts';
import { connect, startTestFirestore } from '../../../helpers/firestore.ts';
import { recordingLog } from '../../../helpers/log.ts';
import { assertRefused } from '../../../helpers/refusal.ts';
import {
  createMovableClock,
  entryOf,
  openTestDirectory,
  type TestDirectory,
} from '../../../helpers/test-directory.ts';

/** @property at milliseconds since the epoch, by Firestore's clock */
interface DatedChange extends AccessChange {
  readonly at: number;
}

/** A feed over a list of changes, as Firestore would answer from it. */
function createSubject(changes: DatedChange[] = []) {
  const clock = createMovableClock();
  const { lines, log } = recordingLog();
  const reads: number[] = [];
  const subject = {
    clock,
    lines,
    reads,
    changes,
    /** Runs when Firestore is asked; may throw or wait. */
    onRead: async (): Promise<void> => undefined,
    feed: createRevocationFeed({
      async readSince(since) {
        reads.push(since);
        await subject.onRead();
        return { changes: changes.filter(({ at }) => at > since), readAt: clock(), more: false };
      },
      clock,
      maxAge: 10,
      log,
    }),
  };
  return subject;
}
const down = async () => {
  throw unavailable('accessChanges: 14');
};

describe('the revocation feed', () => {
  it('reads once for concurrent requests', async () => {
    const { feed, reads } = createSubject();
    await Promise.all(Array.from({ length: 1000 }, (_, n) => feed.find(`user-${n}`)));
    assert.equal(reads.length, 1);
  });

  it('reads again when the last read is older than maxAge, and not before', async () => {
    const { feed, reads, clock } = createSubject();
    await feed.find('ada');
    clock.move(9_999);
    await feed.find('ada');
    assert.equal(reads.length, 1);
    clock.move(1);
    await feed.find('ada');
    assert.equal(reads.length, 2);
  });

  it('makes requests that come during a read wait for that read', async () => {
    const subject = createSubject();
    const { feed, clock, changes } = subject;
    await feed.find('ada');
    clock.move(10_000);
    const held = Promise.withResolvers<void>();
    subject.onRead = () => held.promise;
    const waiting = [feed.find('ada'), feed.find('ada')];
    changes.push({ uid: 'ada', rolesVersion: 2, at: clock() });
    held.resolve();
    for (const latest of await Promise.all(waiting)) assert.equal(latest?.rolesVersion, 2);
    assert.equal(subject.reads.length, 2);
  });

  it('keeps the largest version and validAfter, in any order of changes', async () => {
    const at = Date.now();
    const { feed } = createSubject([
      { uid: 'ada', rolesVersion: 3, at },
      { uid: 'ada', validAfter: 50, at },
      { uid: 'ada', rolesVersion: 2, validAfter: 40, at },
    ]);
    const { rolesVersion, validAfter } = (await feed.find('ada')) ?? {};
    assert.deepEqual([rolesVersion, validAfter], [3, 50]);
    assert.equal(await feed.find('bob'), undefined);
  });

  it('finds a change that became visible after later ones', async () => {
    const { feed, changes, clock } = createSubject();
    const seen = clock();
    changes.push({ uid: 'bob', rolesVersion: 2, at: seen });
    await feed.find('ada');
    changes.push({ uid: 'ada', rolesVersion: 9, at: seen - 9_999 });
    clock.move(10_000);
    assert.equal((await feed.find('ada'))?.rolesVersion, 9);
  });

  it('continues from the time of the last read minus the overlap, also without changes', async () => {
    const { feed, reads, clock } = createSubject([{ uid: 'ada', rolesVersion: 2, at: Date.now() }]);
    await feed.find('ada');
    const read = clock();
    clock.move(60_000);
    await feed.find('ada');
    assert.equal(reads.at(-1), read - 10_000);
    clock.move(60_000);
    await feed.find('ada');
    assert.equal(reads.at(-1), read + 50_000);
  });

  it('knows the changes of its own instance at once', async () => {
    const { feed, reads } = createSubject();
    await feed.find('ada');
    feed.apply({ uid: 'ada', validAfter: 7 });
    assert.equal((await feed.find('ada'))?.validAfter, 7);
    assert.equal(reads.length, 1);
  });

  it('forgets a change when every token from before it has expired, and not sooner', async () => {
    const { feed, clock } = createSubject();
    await feed.find('ada');
    feed.apply({ uid: 'ada', rolesVersion: 2 });
    clock.move(CHANGE_LIFETIME * 1000 - 1);
    assert.equal((await feed.find('ada'))?.rolesVersion, 2);
    clock.move(10_000);
    assert.equal(await feed.find('ada'), undefined);
  });

  it('starts with all changes within the lifetime of a token', async () => {
    const { feed, reads, clock } = createSubject();
    await feed.find('ada');
    assert.ok((reads[0] ?? Number.NaN) <= clock() - CHANGE_LIFETIME * 1000);
  });

  it('resets the version of a deleted user, and keeps rejecting their old sign-ins', async () => {
    const { feed } = createSubject();
    await feed.find('ada');
    feed.apply({ uid: 'ada', rolesVersion: 7 });
    feed.apply({ uid: 'ada', gone: true, validAfter: 90 });
    const { rolesVersion, validAfter } = (await feed.find('ada')) ?? {};
    assert.deepEqual([rolesVersion, validAfter], [undefined, 90]);
    feed.apply({ uid: 'ada', rolesVersion: 1 });
    assert.deepEqual((await feed.find('ada'))?.rolesVersion, 1);
  });

  it('keeps the larger validAfter of a deleted user', async () => {
    const { feed } = createSubject();
    await feed.find('ada');
    feed.apply({ uid: 'ada', validAfter: 200 });
    feed.apply({ uid: 'ada', gone: true, validAfter: 90 });
    assert.equal((await feed.find('ada'))?.validAfter, 200);
  });

  it('rejects requests after an idle time beyond the horizon until it has read the changes', async () => {
    const subject = createSubject();
    const { feed, clock, reads, changes } = subject;
    await feed.find('ada');
    clock.move(20 * 3_600_000);
    changes.push({ uid: 'ada', rolesVersion: 3, at: clock() - CHANGE_LIFETIME * 1000 + 1 });
    subject.onRead = down;
    for (let n = 0; n < 3; n++) await assertRefused(() => feed.find('ada'), 'unavailable', /not read/);
    assert.equal(reads.length, 4, 'each who comes tries');
    subject.onRead = async () => undefined;
    assert.equal((await feed.find('ada'))?.rolesVersion, 3);
    assert.equal(reads.at(-1), clock() - CHANGE_LIFETIME * 1000 - 10_000, 'and no further back');
  });

  it('serves known changes after failed reads for the lifetime of a token, and not longer', async () => {
    const subject = createSubject();
    const { feed, clock } = subject;
    await feed.find('ada');
    subject.onRead = down;
    clock.move(CHANGE_LIFETIME * 1000 - 1);
    assert.equal(await feed.find('ada'), undefined);
    clock.move(1);
    await assertRefused(() => feed.find('ada'), 'unavailable');
  });

  it('reads again when the clock was set back', async () => {
    const { feed, clock, changes, reads } = createSubject();
    await feed.find('ada');
    changes.push({ uid: 'ada', rolesVersion: 3, at: clock() });
    clock.move(-60_000);
    assert.equal((await feed.find('ada'))?.rolesVersion, 3);
    assert.equal(reads.length, 2);
  });

  it('rejects requests before the first successful read, and tries again with each', async () => {
    const subject = createSubject();
    subject.onRead = down;
    await assertRefused(() => subject.feed.find('ada'), 'unavailable', /not read/);
    await assertRefused(() => subject.feed.find('ada'), 'unavailable');
    assert.equal(subject.reads.length, 2);
    subject.onRead = async () => undefined;
    assert.equal(await subject.feed.find('ada'), undefined);
  });

  it('serves known changes after a failure, logs it, and does not wait for the next try', async () => {
    const subject = createSubject([{ uid: 'ada', rolesVersion: 2, at: Date.now() }]);
    const { feed, clock, lines, reads } = subject;
    await feed.find('ada');
    subject.onRead = down;
    clock.move(12_000);
    assert.equal((await feed.find('ada'))?.rolesVersion, 2);
    assert.deepEqual(lines, [
      { kind: 'feedReadFailed', code: 'unavailable', detail: 'accessChanges: 14', seconds: 12 },
    ]);
    // Within the second there is no attempt, and after it no request waits for one.
    await feed.find('ada');
    assert.equal(reads.length, 2);
    clock.move(1_000);
    subject.onRead = () => new Promise(() => undefined);
    assert.equal((await feed.find('ada'))?.rolesVersion, 2);
    assert.equal((await feed.find('ada'))?.rolesVersion, 2);
    assert.equal(reads.length, 3);
  });

  it('waits for reads again after one has succeeded', async () => {
    const subject = createSubject();
    const { feed, clock, changes } = subject;
    await feed.find('ada');
    subject.onRead = down;
    clock.move(10_000);
    await feed.find('ada');
    subject.onRead = async () => undefined;
    clock.move(1_000);
    await feed.find('ada');
    await new Promise((resolve) => setImmediate(resolve));
    changes.push({ uid: 'ada', rolesVersion: 4, at: clock() + 1 });
    clock.move(10_000);
    assert.equal((await feed.find('ada'))?.rolesVersion, 4);
  });
});

describe('the revocation feed on Firestore', () => {
  let server: FirestoreServer;
  let access: TestDirectory;
  let queries = 0;
  before(async () => {
    server = await startTestFirestore({
      beforeCall(method) {
        if (method === 'RunQuery') queries++;
      },
    });
    access = await openTestDirectory([], { firestore: connect(server) });
  });
  after(async () => {
    await access.close();
    await server.stop();
  });

  it('reads a change at most three times while no other change comes', async () => {
    const { directory } = access.another();
    await directory.change({ uid: 'eve' }, () => ({
      entry: entryOf('eve'),
      accessChange: { rolesVersion: 2 },
    }));
    const readSince = readAccessChanges(access.firestore.open);
    const { changes, readAt } = await readSince(Date.now() - 60_000);
    assert.deepEqual(
      changes.map(({ uid }) => uid),
      ['eve'],
    );
    const { docs } = await access.firestore.db.collection('accessChanges').get();
    assert.ok(readAt >= docs[0]?.get('at').toMillis(), 'it knows until when it has read');
    queries = 0;
  });

  it('costs one query per ten seconds under load, and none while idle', async () => {
    const { feed, clock } = access;
    const burst = () => Promise.all(Array.from({ length: 1000 }, (_, n) => feed.find(`user-${n}`)));
    for (let second = 0; second < 60; second++) {
      await burst();
      clock.move(1_000);
    }
    assert.equal(queries, 6);
    clock.move(3_600_000);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(queries, 6);
  });

  it('reads the changes and deletions of another instance', async () => {
    const { feed, clock } = access;
    const { directory } = access.another();
    await directory.change({ uid: 'bob' }, () => ({
      entry: entryOf('bob'),
      accessChange: { rolesVersion: 5, validAfter: 60 },
    }));
    clock.move(-3_600_000);
    clock.move(3_610_000);
    const heard = await feed.find('bob');
    assert.deepEqual([heard?.rolesVersion, heard?.validAfter], [5, 60]);
    await directory.change({ uid: 'bob' }, () => ({
      entry: null,
      accessChange: { gone: true, validAfter: 61 },
    }));
    clock.move(10_000);
    const gone = await feed.find('bob');
    assert.deepEqual([gone?.rolesVersion, gone?.validAfter], [undefined, 61]);
  });

  it('reads thousands of changes in pages without missing one', async () => {
    const awake = await openTestDirectory([], { firestore: connect(server) });
    const { db, Timestamp, open } = awake.firestore;
    const from = Date.now() - 600_000;
    const count = 2_345;
    for (let start = 0; start < count; start += 500) {
      const batch = db.batch();
      for (let n = start; n < Math.min(count, start + 500); n++) {
        // Several of one moment, across the pages' ends, too.
        const at = Timestamp.fromMillis(from + Math.floor(n / 7));
        batch.create(db.collection('accessChanges').doc(), { uid: `many-${n}`, rolesVersion: n + 1, at });
      }
      await batch.commit();
    }
    assert.equal((await readAccessChanges(open)(from - 1)).changes.length, 1_000);
    queries = 0;
    const { feed } = awake;
    assert.equal((await feed.find('many-0'))?.rolesVersion, 1);
    assert.equal(queries, 3);
    for (let n = 0; n < count; n++) assert.equal((await feed.find(`many-${n}`))?.rolesVersion, n + 1);
    await awake.close();
  });
});
