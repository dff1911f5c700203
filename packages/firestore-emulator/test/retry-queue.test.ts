import assert from 'node:assert/strict';
import { RetryQueue } from '../retry-queue.ts';

describe('embedded Firestore: retry queue', () => {
  it('grants the lease to one transaction at a time, in order', async () => {
    const queue = new RetryQueue();
    const granted: string[] = [];
    const wait = (id: string) => queue.acquire(id).then(() => granted.push(id));
    const all = ['a', 'b', 'c'].map(wait);
    await all[0];
    assert.deepEqual(granted, ['a']);
    queue.release('c');
    queue.release('a');
    await all[1];
    assert.deepEqual(granted, ['a', 'b']);
    queue.release('b');
    await all[2];
    queue.release('c');
    await wait('d');
    assert.deepEqual(granted, ['a', 'b', 'c', 'd']);
    queue.release('d');
  });

  it('grants the lease to the next transaction if the holder takes too long', async () => {
    const turns = new RetryQueue();
    await turns.acquire('stuck');
    const next = turns.acquire('next');
    // The lease timer does not keep the process alive, so another timer must.
    const alive = setInterval(() => {}, 1000);
    await next;
    clearInterval(alive);
    turns.release('next');
  });
});
