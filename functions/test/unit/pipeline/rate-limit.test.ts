import assert from 'node:assert/strict';
import { createRateLimit } from '../../../src/pipeline/rate-limit.ts';
import { assertRefused } from '../../helpers/refusal.ts';

describe('createRateLimit', () => {
  it('allows the given number of concurrent uses, then says how long to wait', async () => {
    const limit = createRateLimit({ uses: 3, window: 60 });
    const results = await Promise.allSettled(Array.from({ length: 50 }, () => limit('ada')));
    assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 3);
    const { retryAfter = 0 } = await assertRefused(() => limit('ada'), 'rate_limited');
    assert.ok(retryAfter > 50 && retryAfter <= 60, String(retryAfter));
  });

  it('counts each key and each limit separately', async () => {
    const limit = createRateLimit({ uses: 1, window: 60 });
    await limit('ada');
    await limit('__proto__');
    await createRateLimit({ uses: 1, window: 60 })('ada');
    await assertRefused(() => limit('__proto__'), 'rate_limited');
  });
});
