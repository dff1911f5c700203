import assert from 'node:assert/strict';
import type { FirestoreServer } from '../../../../../packages/firestore-emulator/server.ts';
import { connect, startTestFirestore } from '../../../helpers/firestore.ts';
import { entryOf, openTestDirectory, type TestDirectory } from '../../../helpers/test-directory.ts';

const SYSTEM = { kind: 'system', requestId: 'r' } as const;

describe('while another instance has the lease', () => {
  let server: FirestoreServer;
  let access: TestDirectory;
  let transactions = 0;
  let reads = 0;
  let onRead = () => {};
  before(async () => {
    server = await startTestFirestore({
      beforeCall(method, request) {
        const { newTransaction } = request as { newTransaction?: object };
        if (method === 'BeginTransaction' || newTransaction) transactions++;
        if (method !== 'BatchGetDocuments') return;
        reads++;
        onRead();
      },
    });
  });
  after(() => server.stop());
  beforeEach(async () => {
    onRead = () => {};
    access = await openTestDirectory([['bob', { roles: ['member'] }]], { firestore: connect(server) });
    const lease = { by: 'other', until: access.now() + 20 };
    const entry = entryOf('bob', { rolesVersion: 2, pending: ['claims'], lease: lease });
    await access.directory.change({ uid: 'bob' }, () => ({ entry }));
    transactions = 0;
    reads = 0;
  });
  afterEach(() => access.close());

  it('a waiting sync reads without a transaction, which would contend', async () => {
    const looked = Promise.withResolvers<void>();
    onRead = () => {
      if (reads === 4) looked.resolve();
    };
    const waiting = access.sync.syncAccount('bob');
    await looked.promise;
    assert.equal(transactions, 0);
    onRead = () => {};
    access.clock.move(20_000);
    assert.equal(await waiting, true);
    assert.ok(transactions > 0, 'transactions are counted');
  });

  it('a stale token does not wait', async () => {
    await access.records.resyncAfterStaleToken('bob');
    // The entry it looks at, and the same again as it takes the turn.
    assert.deepEqual([reads, transactions, access.accounts.changes], [2, 0, []]);
  });

  it('reconciliation skips the entry and counts it as failed', async () => {
    assert.deepEqual(await access.reconcile(SYSTEM), { expired: 0, repaired: 0, failed: 1, more: false });
    assert.deepEqual([reads, transactions, access.accounts.changes], [1, 0, []]);
  });
});
