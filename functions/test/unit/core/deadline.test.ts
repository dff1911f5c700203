import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { withDeadline } from '../../../src/core/deadline.ts';
import { assertRefused } from '../../helpers/refusal.ts';

const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

describe('withDeadline', () => {
  it('returns the result of the work', async () => {
    assert.equal(await withDeadline('work', Promise.resolve(7)), 7);
  });

  it('passes on the error of the work', async () => {
    const failure = new Error('no');
    await assert.rejects(withDeadline('work', Promise.reject(failure)), (thrown) => thrown === failure);
  });

  it('fails as unavailable at the deadline, and names the work in the log', async () => {
    const error = await assertRefused(
      () => withDeadline('getUser', new Promise(() => undefined), 1),
      'unavailable',
      'getUser: no answer in 1 ms',
    );
    assert.ok((error.retryAfter ?? 0) > 0);
    assert.ok(!error.message.includes('getUser'));
  });

  it('leaves no timer running', async () => {
    await turn();
    const before = timers();
    const work = Promise.withResolvers<void>();
    const waiting = withDeadline('work', work.promise, 60_000);
    assert.equal(timers(), before + 1);
    work.resolve();
    await waiting;
    await withDeadline('work', Promise.reject(new Error('no')), 60_000).catch(() => undefined);
    assert.equal(timers(), before);
  });

  it('does not crash the process when the work fails after the deadline', async () => {
    const unhandled: unknown[] = [];
    const record = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', record);
    try {
      const work = Promise.withResolvers<void>();
      await assertRefused(() => withDeadline('work', work.promise, 1), 'unavailable');
      work.reject(new Error('late'));
      await turn();
      await turn();
      assert.deepEqual(unhandled, []);
    } finally {
      process.off('unhandledRejection', record);
    }
  });
});
