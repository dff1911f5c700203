import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { createMutex } from '../../../src/core/mutex.ts';

const DOWN = new Error('down');
const REFUSED = new Error('refused');
const oneAtATime = () => createMutex((error) => error === DOWN);

/** Work that the test ends, and a note of when it began. */
function createWork() {
  const begun: number[] = [];
  const ends = [0, 1, 2].map(() => Promise.withResolvers<number>());
  const work = (i: number) => () => {
    begun.push(i);
    return ends[i]?.promise ?? Promise.reject(new Error('no such work'));
  };
  return { begun, ends, work };
}

describe('one at a time', () => {
  it('lets each begin when the one before has ended', async () => {
    const run = oneAtATime();
    const { begun, ends, work } = createWork();
    const all = [0, 1, 2].map((i) => run(work(i)));
    await turn();
    assert.deepEqual(begun, [0]);
    ends[0]?.resolve(10);
    await turn();
    assert.deepEqual(begun, [0, 1]);
    ends[2]?.resolve(12);
    ends[1]?.resolve(11);
    assert.deepEqual(await Promise.all(all), [10, 11, 12]);
  });

  it('takes a failure that is about the work itself for success', async () => {
    const run = oneAtATime();
    const { begun, ends, work } = createWork();
    const [one, two] = [run(work(0)), run(work(1))];
    ends[0]?.reject(REFUSED);
    await assert.rejects(one, REFUSED);
    await turn();
    assert.deepEqual(begun, [0, 1]);
    ends[1]?.resolve(11);
    assert.equal(await two, 11);
  });

  it('fails whoever waited in the same way, and tries again with the next', async () => {
    const run = oneAtATime();
    const { begun, ends, work } = createWork();
    const both = [run(work(0)), run(work(1))];
    ends[0]?.reject(DOWN);
    for (const result of await Promise.allSettled(both)) {
      assert.deepEqual(result, { status: 'rejected', reason: DOWN });
    }
    assert.deepEqual(begun, [0]);
    ends[2]?.resolve(12);
    assert.equal(await run(work(2)), 12);
  });
});
