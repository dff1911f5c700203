import assert from 'node:assert/strict';
import { countUse, type UseCount } from '../../../src/directory/use-count.ts';
import { EXCHANGE_LIMIT } from '../../../src/token-exchange/entry-changes.ts';
import { assertRefused } from '../../helpers/refusal.ts';

const NOW = 1_800_000_000;
const countExchange = (before: UseCount | undefined, now: number) => countUse(before, now, EXCHANGE_LIMIT);

describe('the limit of exchanges', () => {
  it('counts from the first exchange, up to ten in a minute', async () => {
    let window = countExchange(undefined, NOW);
    assert.deepEqual(window, { since: NOW, count: 1 });
    for (let count = 2; count <= 10; count++) {
      window = countExchange(window, NOW + count);
      assert.deepEqual(window, { since: NOW, count });
    }
    assert.deepEqual(EXCHANGE_LIMIT, { uses: 10, window: 60 });
    const { retryAfter } = await assertRefused(() => countExchange(window, NOW + 59), 'rate_limited');
    assert.equal(retryAfter, 1);
  });

  it('starts a new window after a minute', () => {
    const full = { since: NOW, count: 10 };
    assert.deepEqual(countExchange(full, NOW + 60), { since: NOW + 60, count: 1 });
  });

  it('keeps the window when a clock is a little behind, and drops one far in the future', async () => {
    assert.deepEqual(countExchange({ since: NOW + 3, count: 4 }, NOW), { since: NOW + 3, count: 5 });
    const { retryAfter } = await assertRefused(
      () => countExchange({ since: NOW + 3, count: 10 }, NOW),
      'rate_limited',
    );
    assert.equal(retryAfter, 63);
    assert.deepEqual(countExchange({ since: NOW + 9999, count: 10 }, NOW), { since: NOW, count: 1 });
  });
});
