import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createKeyedQueue } from '../../../src/core/keyed-queue.ts';

describe('keyed queue', () => {
  it('runs the work of one key one by one, also after a failure, and other keys at once', async () => {
    const queue = createKeyedQueue();
    const steps: string[] = [];
    const work =
      (name: string, fails = false) =>
      async () => {
        steps.push(`${name} begins`);
        await nextTurn();
        steps.push(`${name} ends`);
        if (fails) throw new Error(name);
        return name;
      };
    const results = await Promise.allSettled([
      queue('ada', work('a', true)),
      queue('ada', work('b')),
      queue('bob', work('c')),
    ]);
    assert.deepEqual(
      results.map(({ status }) => status),
      ['rejected', 'fulfilled', 'fulfilled'],
    );
    assert.deepEqual(
      steps.filter((step) => !step.startsWith('c')),
      ['a begins', 'a ends', 'b begins', 'b ends'],
    );
    assert.ok(steps.indexOf('c begins') < steps.indexOf('a ends'));
    assert.equal(await queue('ada', work('d')), 'd');
  });
});
