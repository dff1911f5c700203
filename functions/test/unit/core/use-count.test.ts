import assert from 'node:assert/strict';
import { countUse, type UseCount } from '../../../src/core/use-count.ts';
import { assertRefused } from '../../helpers/refusal.ts';

const NOW = 1_800_000_000;
const LIMIT = { name: 'example', uses: 10, window: 60 };
const count = (before: UseCount | undefined, now: number) => countUse(before, now, LIMIT);

describe('countUse', () => {
  it('counts from the first use, up to the limit of the window', async () => {
    let window = count(undefined, NOW);
    assert.deepEqual(window, { since: NOW, count: 1 });
    for (let used = 2; used <= 10; used++) {
      window = count(window, NOW + used);
      assert.deepEqual(window, { since: NOW, count: used });
    }
    const { retryAfter } = await assertRefused(() => count(window, NOW + 59), 'rate_limited');
    assert.equal(retryAfter, 1);
  });

  it('starts a new window after the last one', () => {
    const full = { since: NOW, count: 10 };
    assert.deepEqual(count(full, NOW + 60), { since: NOW + 60, count: 1 });
  });

  it('keeps the window when a clock is a little behind, and drops one far in the future', async () => {
    assert.deepEqual(count({ since: NOW + 3, count: 4 }, NOW), { since: NOW + 3, count: 5 });
    const { retryAfter } = await assertRefused(
      () => count({ since: NOW + 3, count: 10 }, NOW),
      'rate_limited',
    );
    assert.equal(retryAfter, 63);
    assert.deepEqual(count({ since: NOW + 9999, count: 10 }, NOW), { since: NOW, count: 1 });
  });
});
