import assert from 'node:assert/strict';
import type { FirestoreServer } from '../../../../packages/firestore-emulator/server.ts';
import { AppError } from '../../../src/core/errors.ts';
import { FIRESTORE_DEADLINE_MS } from '../../../src/platform/firestore/firestore.ts';
import { withoutDelay, withPerformanceClock } from '../../helpers/fake-timers.ts';
import { connect, startTestFirestore } from '../../helpers/firestore.ts';
import { assertRefused } from '../../helpers/refusal.ts';
import { entryOf, openTestDirectory, type TestDirectory } from '../../helpers/test-directory.ts';

const EVENT = {
  actor: 'olga',
  action: 'roles.set',
  target: 'bob',
  outcome: 'done',
  requestId: 'r1',
} as const;

describe('the directory', () => {
  let access: TestDirectory;
  let other: ReturnType<TestDirectory['another']>;
  beforeEach(async () => {
    access = await openTestDirectory();
    other = access.another();
  });
  afterEach(() => access.close());

  const enter = (...args: Parameters<typeof entryOf>) =>
    access.directory.change({ uid: args[0] }, () => ({ entry: entryOf(...args) }));

  it('writes the entry, the access change and the audit event, and informs its own instance', async () => {
    await access.directory.change({ uid: 'bob', id: 'e1' }, () => ({
      entry: entryOf('bob'),
      accessChange: { rolesVersion: 3 },
      audit: EVENT,
    }));
    assert.deepEqual(await access.directory.find('bob'), {
      ...entryOf('bob'),
      displayName: undefined,
      lease: undefined,
    });
    const [change] = await access.all('accessChanges');
    assert.deepEqual([change?.uid, change?.rolesVersion], ['bob', 3]);
    const event = (await access.firestore.db.doc('auditEvents/e1').get()).data();
    const { at, expireAt, ...said } = event ?? {};
    assert.deepEqual(said, EVENT);
    assert.equal(expireAt.toMillis(), access.clock() + 400 * 24 * 3600 * 1000);
    assert.ok(Math.abs(at.toMillis() - Date.now()) < 60_000, 'dated by Firestore');
  });

  it('keeps an access change for twice its lifetime', async () => {
    await access.directory.change({ uid: 'bob' }, () => ({
      entry: entryOf('bob'),
      accessChange: { validAfter: 1 },
    }));
    const [change] = await access.all('accessChanges');
    assert.deepEqual(change?.expireAt, access.firestore.Timestamp.fromMillis(access.clock() + 2 * 3_960_000));
  });

  it('decides on both current entries, and writes nothing when nothing changes', async () => {
    await enter('olga', { roles: ['owner'] });
    await access.directory.change({ uid: 'bob', actor: 'olga' }, ({ entry, actor }) => {
      assert.deepEqual([entry, actor?.uid], [undefined, 'olga']);
      return undefined;
    });
    await access.directory.change({ uid: 'olga', actor: 'ghost' }, ({ entry, actor }) => {
      assert.deepEqual([entry?.uid, actor], ['olga', undefined]);
      return undefined;
    });
    assert.deepEqual(await access.all('accessChanges'), []);
    assert.equal(await access.directory.find('bob'), undefined);
  });

  it('writes nothing when the decision is a refusal', async () => {
    await assertRefused(
      () =>
        access.directory.change({ uid: 'bob' }, () => {
          throw new AppError('own_account');
        }),
      'own_account',
    );
    assert.deepEqual(await access.all('directory'), []);
  });

  it('decides again when the entry has changed, and loses none of fifty changes', async () => {
    await enter('bob', { rolesVersion: 0 });
    await Promise.all(
      Array.from({ length: 50 }, (_, n) =>
        (n % 2 === 0 ? access : other).directory.change({ uid: 'bob' }, ({ entry }) => ({
          entry: { ...(entry ?? assert.fail()), rolesVersion: (entry?.rolesVersion ?? 0) + 1 },
        })),
      ),
    );
    assert.equal((await access.directory.find('bob'))?.rolesVersion, 50);
  }).timeout(30_000);

  describe('with the last owner', () => {
    const CHANGES = {
      demoted: { roles: ['admin'] as const },
      disabled: { roles: ['owner'] as const, disabled: true },
      'given an end': { grants: [{ role: 'owner', grantedBy: 'x', grantedAt: 1, expiresAt: 4e9 } as const] },
    };

    for (const [what, facts] of Object.entries(CHANGES)) {
      it(`is not ${what}`, async () => {
        await enter('olga', { roles: ['owner'] });
        await assertRefused(() => enter('olga', facts), 'last_owner');
        assert.deepEqual(await access.owners(), ['olga']);
        assert.deepEqual((await access.directory.find('olga'))?.grants[0]?.expiresAt, undefined);
      });

      it(`is not ${what} either when the others are disabled or will end`, async () => {
        await enter('olga', { roles: ['owner'] });
        await enter('otto', CHANGES.disabled);
        await enter('oda', CHANGES['given an end']);
        await assertRefused(() => enter('olga', facts), 'last_owner');
      });

      it(`may be ${what} when there is another`, async () => {
        await enter('olga', { roles: ['owner'] });
        await enter('otto', { roles: ['owner'] });
        await enter('olga', facts);
        assert.deepEqual(await access.owners(), ['otto']);
        await enter('olga', { roles: ['owner'] });
        assert.deepEqual(await access.owners(), ['otto', 'olga']);
      });
    }

    it('is not deleted, unless the account is gone already', async () => {
      await enter('olga', { roles: ['owner'] });
      const remove = (allowRemovingLastOwner: boolean) =>
        access.directory.change({ uid: 'olga' }, () => ({
          entry: null,
          allowRemovingLastOwner: allowRemovingLastOwner,
        }));
      await assertRefused(() => remove(false), 'last_owner');
      await remove(true);
      assert.deepEqual([await access.owners(), await access.directory.find('olga')], [[], undefined]);
    });

    it('knows whether there is a permanent owner', async () => {
      assert.equal(await access.directory.hasOwner(), false);
      await enter('oda', CHANGES['given an end']);
      assert.equal(await access.directory.hasOwner(), false);
      await enter('olga', { roles: ['owner'] });
      assert.equal(await access.directory.hasOwner(), true);
    });

    it('keeps one when two owners demote each other at once', async () => {
      await enter('olga', { roles: ['owner'] });
      await enter('otto', { roles: ['owner'] });
      const results = await Promise.allSettled(
        [[access, 'olga'] as const, [other, 'otto'] as const].map(([{ directory }, uid]) =>
          directory.change({ uid }, () => ({ entry: entryOf(uid, { roles: ['admin'] }) })),
        ),
      );
      assert.deepEqual(results.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
      assert.equal(((await access.owners()) as string[]).length, 1);
    });
  });
});

describe('the directory on a Firestore that fails', () => {
  let server: FirestoreServer | undefined;
  let access: TestDirectory | undefined;
  afterEach(async () => {
    await access?.close();
    await server?.stop();
    access = undefined;
    server = undefined;
  });

  type Hooks = Parameters<typeof startTestFirestore>[0];
  async function on(hooks: Hooks): Promise<TestDirectory> {
    server = await startTestFirestore(hooks);
    access = await openTestDirectory([], { firestore: connect(server) });
    return access;
  }
  const grpc = (code: number) => Object.assign(new Error('as the test wants it'), { code });
  const counting = ({ directory }: TestDirectory, decided: string[] = []) => ({
    decided,
    change: () =>
      directory.change({ uid: 'bob', id: 'e1' }, ({ entry }) => {
        const rolesVersion = (entry?.rolesVersion ?? 0) + 1;
        decided.push(`to ${rolesVersion}`);
        return { entry: entryOf('bob', { rolesVersion }), accessChange: { rolesVersion }, audit: EVENT };
      }),
  });

  // After UNAVAILABLE the SDK sends only the commit again; after the others it runs the whole transaction again.
  for (const [name, code] of [
    ['UNAVAILABLE', 14],
    ['INTERNAL', 13],
    ['DEADLINE_EXCEEDED', 4],
  ] as const)
    it(`makes a change once when the response of the commit was lost: ${name}`, async () => {
      let commits = 0;
      const subject = await on({
        afterCall(method) {
          if (method === 'Commit' && ++commits === 1) throw grpc(code);
        },
      });
      const { decided, change } = counting(subject);
      const outcome = await change();
      assert.equal(outcome?.entry?.rolesVersion, 1);
      assert.equal((await subject.directory.find('bob'))?.rolesVersion, 1);
      assert.deepEqual(decided, ['to 1']);
      assert.equal((await subject.all('auditEvents')).length, 1);
      assert.equal((await subject.all('accessChanges')).length, 1);
    });

  for (const [name, code, decisions] of [
    ['ABORTED', 10, 2],
    // The SDK sends the same commit again, without a new decision.
    ['UNAVAILABLE', 14, 1],
  ] as const) {
    it(`tries again when a commit failed with ${name}`, async () => {
      let commits = 0;
      const subject = await on({
        beforeCall(method) {
          if (method === 'Commit' && ++commits === 1) throw grpc(code);
        },
      });
      const { decided, change } = counting(subject);
      await change();
      assert.deepEqual(decided, Array(decisions).fill('to 1'));
      assert.equal((await subject.directory.find('bob'))?.rolesVersion, 1);
      assert.equal((await subject.all('auditEvents')).length, 1);
    });
  }

  it('does not decide again after the deadline', async () => {
    await withPerformanceClock(async (move) => {
      let commits = 0;
      const subject = await on({
        beforeCall(method) {
          if (method !== 'Commit') return;
          commits++;
          move(FIRESTORE_DEADLINE_MS + 1);
          throw grpc(10);
        },
      });
      const { decided, change } = counting(subject);
      await assertRefused(change, 'unavailable', 'directory.change: too many attempts');
      assert.deepEqual([decided, commits], [['to 1'], 1]);
      assert.equal(await subject.directory.find('bob'), undefined);
    });
  });

  it('fails as unavailable when Firestore does not answer in time', async () => {
    const end = Promise.withResolvers<void>();
    const subject = await on({ beforeCall: () => end.promise });
    await withoutDelay(async () => {
      await assertRefused(() => subject.directory.find('bob'), 'unavailable', /^directory\.find: no answer/);
      const { retryAfter } = await assertRefused(
        () => counting(subject).change(),
        'unavailable',
        /^directory\.change: no answer/,
      );
      assert.equal(retryAfter, 5);
    }, FIRESTORE_DEADLINE_MS);
    end.resolve();
  });

  it('passes on errors that say the request is wrong', async () => {
    const subject = await on({
      beforeCall() {
        throw grpc(7);
      },
    });
    await assert.rejects(() => subject.directory.find('bob'), { code: 7 });
  });
});
