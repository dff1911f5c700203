import assert from 'node:assert/strict';
import { type DocumentReference, Timestamp, type Transaction } from '@google-cloud/firestore';
import { systemClock } from '../../../src/core/clock.ts';
import { LEASE_SECONDS } from '../../../src/directory/sync/account-sync.ts';
import { createAccountStore } from '../../../src/platform/firebase-auth/account-store.ts';
import type { OpenFirestore } from '../../../src/platform/firestore/firestore.ts';
import { assertRefused } from '../../helpers/refusal.ts';
import { openTestDirectory, type TestDirectory, wireDirectory } from '../../helpers/test-directory.ts';

const SYSTEM = { kind: 'system', requestId: 'r' } as const;
const HOUR = 3_600_000;

describe('with clocks of an instance and of Firestore that differ', () => {
  let access: TestDirectory;
  let behind: ReturnType<typeof wireDirectory>;
  /** What Firestore said the time was, in milliseconds. */
  const readAt: number[] = [];
  beforeEach(async () => {
    access = await openTestDirectory([['bob', { roles: ['member'] }]]);
    await access.users.get('bob');
    readAt.length = 0;
    behind = wireDirectory({
      firestore: { open: ahead(access.firestore.open) },
      accounts: access.accounts,
      clock: systemClock,
    });
  });
  afterEach(() => access.close());

  /** A Firestore with a clock an hour ahead of this machine's. */
  function ahead(open: OpenFirestore): OpenFirestore {
    return async () => {
      const opened = await open();
      const later = (tx: Transaction) =>
        redirect(tx, 'get', async (ref: DocumentReference) => {
          const snapshot = await tx.get(ref);
          const at = snapshot.readTime.toMillis() + HOUR;
          readAt.push(at);
          return redirect(snapshot, 'readTime', Timestamp.fromMillis(at));
        });
      const run = (work: (tx: Transaction) => Promise<unknown>) =>
        opened.db.runTransaction((tx) => work(later(tx)));
      return { ...opened, db: redirect(opened.db, 'runTransaction', run) };
    };
  }

  it('changes are decided by the time of the transaction', async () => {
    const seen: number[] = [];
    await behind.directory.change({ uid: 'bob' }, ({ now }) => {
      seen.push(now);
      return undefined;
    });
    assert.deepEqual(
      seen,
      readAt.map((at) => Math.floor(at / 1000)),
    );
  });

  it('an instance that is behind revokes no less and holds its lease no shorter', async () => {
    const leases: (number | undefined)[] = [];
    access.accounts.before = async () => {
      leases.push((await access.directory.find('bob'))?.lease?.until);
    };
    await behind.changeAccess(SYSTEM, { uid: 'bob', action: 'roles.set' }, () => ({ revoke: true }));
    const [at = Number.NaN] = readAt;
    const second = Math.floor(at / 1000);
    const entry = await access.directory.find('bob');
    assert.deepEqual([entry?.validAfter, entry?.updated], [second + 1, second]);
    assert.deepEqual(leases, [second + LEASE_SECONDS]);
    assert.ok(second + LEASE_SECONDS >= at / 1000 + 20, 'for at least 20 seconds');
  });

  it('an instance that is behind leaves `sessions` pending', async () => {
    const { revokeTokens } = createAccountStore(() => assert.fail('Firebase Auth gets the wrong second'));
    access.accounts.revokeTokens = revokeTokens;
    const entry = await behind.changeAccess(SYSTEM, { uid: 'bob', action: 'roles.set' }, () => ({
      revoke: true,
    }));
    assert.deepEqual(entry?.pending, ['sessions']);
    assert.deepEqual((await access.directory.find('bob'))?.pending, ['sessions']);
    assert.deepEqual(
      behind.lines.filter(({ kind }) => kind === 'failure').map(({ code }) => code),
      ['unavailable'],
    );
  });

  it('revokeTokens fails and sends nothing above a difference of two seconds', async () => {
    const { revokeTokens } = createAccountStore(() => assert.fail('sent'));
    const second = Math.floor(Date.now() / 1000) + 4;
    await assertRefused(() => revokeTokens('bob', second), 'unavailable', /this clock is \d+ ms behind/);
  });
});

/** The same object, but for one of its properties. */
function redirect<T extends object>(target: T, name: keyof T, value: unknown): T {
  return new Proxy(target, {
    get(_, asked) {
      if (asked === name) return value;
      const found: unknown = Reflect.get(target, asked, target);
      return typeof found === 'function' ? found.bind(target) : found;
    },
  });
}
