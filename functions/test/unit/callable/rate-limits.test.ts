import assert from 'node:assert/strict';
import * as z from 'zod';
import { createProtection } from '../../../src/protection.ts';
import { type Api, openApi } from '../../helpers/api.ts';
import { frameworkServer } from '../../helpers/framework.ts';
import { call, openCallables } from './call.ts';

const limit = { user: 2, shared: 3, window: 60 };
const product = { rateLimits: { read: limit, write: limit, privileged: limit, credential: limit } };

describe('callables: rate limits', () => {
  let api: Api;
  afterEach(() => api.close());

  it('answer resource-exhausted with the seconds to wait', async () => {
    api = await openCallables({ product });
    for (let n = 0; n < 2; n++)
      assert.equal((await call(api, 'getMyAccess', null, { as: 'member' })).status, 200);
    const { status, text } = await call(api, 'getMyAccess', null, { as: 'member' });
    const { error } = JSON.parse(text);
    const { code, retryAfter } = error.details;
    assert.deepEqual([status, error.status, code], [429, 'RESOURCE_EXHAUSTED', 'rate_limited']);
    assert.ok(retryAfter >= 1 && retryAfter <= 60, text);
    assert.equal((await call(api, 'getMyAccess', null, { as: 'support' })).status, 200);
  });

  it('count an anonymous caller by address, whatever X-Forwarded-For begins with', async () => {
    api = await openCallables({ product });
    const from = (address: string) =>
      call(api, 'getMyAccess', null, { headers: [['X-Forwarded-For', address]] });
    const found: number[] = [];
    for (let n = 0; n < 5; n++) found.push((await from(`198.51.100.${n}, 203.0.113.7`)).status);
    assert.deepEqual(found, [401, 401, 401, 429, 429]);
    assert.equal((await from('203.0.113.7, 203.0.113.8')).status, 401);
  });

  for (const [rateLimit, calls] of [
    [undefined, [200, 200, 429]],
    ['privileged', [200, 200, 429]],
    [null, [200, 200, 200]],
  ] as const) {
    it(`limit a callable of an adopter with rateLimit: ${rateLimit}`, async () => {
      api = await openApi({
        product,
        serve(deps) {
          const { callable } = createProtection(() => deps);
          const schema = { input: z.strictObject({}), output: null };
          return frameworkServer(callable({ access: 'signed-in', ...schema, rateLimit, run: () => null }));
        },
      });
      const found: number[] = [];
      for (let n = 0; n < 3; n++) found.push((await call(api, 'own', {}, { as: 'member' })).status);
      assert.deepEqual(found, calls);
    });
  }
});
