import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { createMutex } from '../../../src/core/mutex.ts';

const DOWN = new Error('down');
const REFUSED = new Error('refused');
const createTestMutex = () => createMutex((error) => error === DOWN);

/** Work that the test completes, and the order in which it started. */
function createWork() {
  const started: number[] = [];
  const completions = [0, 1, 2].map(() => Promise.withResolvers<number>());
  const work = (i: number) => () => {
    started.push(i);
    return completions[i]?.promise ?? Promise.reject(new Error('no such work'));
  };
  return { started, completions, work };
}

describe('createMutex', () => {
  it('starts each task when the previous one has ended', async () => {
    const run = createTestMutex();
    const { started, completions, work } = createWork();
    const all = [0, 1, 2].map((i) => run(work(i)));
    await turn();
    assert.deepEqual(started, [0]);
    completions[0]?.resolve(10);
    await turn();
    assert.deepEqual(started, [0, 1]);
    completions[2]?.resolve(12);
    completions[1]?.resolve(11);
    assert.deepEqual(await Promise.all(all), [10, 11, 12]);
  });

  it('continues after an error of the task itself', async () => {
    const run = createTestMutex();
    const { started, completions, work } = createWork();
    const [one, two] = [run(work(0)), run(work(1))];
    completions[0]?.reject(REFUSED);
    await assert.rejects(one, REFUSED);
    await turn();
    assert.deepEqual(started, [0, 1]);
    completions[1]?.resolve(11);
    assert.equal(await two, 11);
  });

  it('fails the waiting tasks with the same error, and runs the next one', async () => {
    const run = createTestMutex();
    const { started, completions, work } = createWork();
    const both = [run(work(0)), run(work(1))];
    completions[0]?.reject(DOWN);
    for (const result of await Promise.allSettled(both)) {
      assert.deepEqual(result, { status: 'rejected', reason: DOWN });
    }
    assert.deepEqual(started, [0]);
    completions[2]?.resolve(12);
    assert.equal(await run(work(2)), 12);
  });
});
