import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import express from 'express';
import { createProtection } from '../../../src/protection.ts';
import { type Api, openApi, type Person } from '../../helpers/api.ts';

describe('requireAccess: rate limits', () => {
  let api: Api;
  beforeEach(async () => {
    const limit = { user: 3, shared: 4, window: 60 };
    api = await openApi({
      product: { rateLimits: { read: limit, write: limit, privileged: limit, credential: limit } },
      env: { ENFORCEMENT: 'shadow' },
      serve(deps) {
        const { requireAccess } = createProtection(() => deps);
        const app = express();
        app.all('/twice', requireAccess('signed-in'), requireAccess('users:read'), (_req, res) => res.end());
        app.get('/unlimited', requireAccess('signed-in', { rateLimit: null }), (_req, res) => res.end());
        app.get('/shadow', requireAccess('signed-in', { allowShadow: true }), (_req, res) => res.end());
        return createServer(app);
      },
    });
  });
  afterEach(() => api.close());

  const get = async (path: string, times: number, who: Person = 'support') => {
    const found: number[] = [];
    for (let n = 0; n < times; n++) found.push((await api.as(who).get(path)).status);
    return found;
  };

  it('counts a request once, by the class of its method', async () => {
    assert.deepEqual(await get('/twice', 4), [200, 200, 200, 429]);
    const { status } = await api.as('support').post('/twice');
    assert.equal(status, 200);
    const answer = await api.as('support').get('/twice');
    assert.deepEqual([answer.status, answer.body.code], [429, 'rate_limited']);
    assert.equal(answer.headers['ratelimit-policy'], '"read";q=3;w=60');
  });

  it('has no limit with rateLimit: null', async () => {
    assert.deepEqual(new Set(await get('/unlimited', 20)), new Set([200]));
  });

  it('logs and refuses no request in shadow mode', async () => {
    assert.deepEqual(await get('/shadow', 5), [200, 200, 200, 200, 200]);
    const codes = api.lines.filter(({ kind }) => kind === 'decision').map(({ code }) => code);
    assert.deepEqual(codes, [undefined, undefined, undefined, 'rate_limited', 'rate_limited']);
  });

  it('stops at once for a limit that there is not', () => {
    const { requireAccess } = createProtection(() => api.deps);
    const rateLimit = JSON.parse('"none"');
    assert.throws(
      () => requireAccess('signed-in', { rateLimit }),
      /`rateLimit` is read, write, privileged or null/,
    );
  });
});
