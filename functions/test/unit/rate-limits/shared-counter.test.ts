import assert from 'node:assert/strict';
import { createSharedCounter } from '../../../src/rate-limits/shared-counter.ts';
import { openTestFirestore, type TestFirestore } from '../../helpers/firestore.ts';
import { assertRefused } from '../../helpers/refusal.ts';
import { createMovableClock } from '../../helpers/test-directory.ts';

const LIMIT = { name: 'createSession', uses: 10, window: 60 };

describe('rate limits of all instances together', () => {
  let firestore: TestFirestore;
  beforeEach(async () => {
    firestore = await openTestFirestore();
  });
  afterEach(() => firestore.close());
  const clock = createMovableClock();
  const instance = () => createSharedCounter(firestore.open, clock);

  it('counts parallel uses on several instances, and ends with the window', async () => {
    const instances = [instance(), instance(), instance()];
    const uses = Array.from({ length: 8 }, () => instances.map((count) => count(LIMIT, 'ada'))).flat();
    const results = await Promise.allSettled(uses);
    assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 10);
    const { retryAfter } = await assertRefused(() => instance()(LIMIT, 'ada'), 'rate_limited');
    assert.equal(retryAfter, 60);
    await instance()(LIMIT, 'bob');
    await instance()({ ...LIMIT, name: 'stepUpSession' }, 'ada');
    clock.move(60_000);
    await instance()(LIMIT, 'ada');
  });

  it('stores neither the user nor the address in the clear, and when the document may go', async () => {
    await instance()(LIMIT, 'ada');
    const { docs } = await firestore.db.collection('rateLimits').get();
    assert.equal(docs.length, 1);
    const [document = assert.fail()] = docs;
    assert.match(document.id, /^createSession-[\w-]{43}$/);
    const { since, count, expireAt, ...others } = document.data();
    assert.deepEqual([count, others], [1, {}]);
    assert.equal(expireAt.seconds - since.seconds, 60);
  });

  it('is unavailable when Firestore does not answer', async () => {
    const broken = createSharedCounter(async () => {
      throw Object.assign(new Error('down'), { code: 14 });
    }, clock);
    await assertRefused(() => broken(LIMIT, 'ada'), 'unavailable');
  });
});
