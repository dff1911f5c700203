import assert from 'node:assert/strict';
import { ANONYMOUS, createPrincipal } from '../../../src/authz/principal.ts';
import { claimOwner } from '../../../src/owner-claim/operations.ts';
import { createRateLimits } from '../../../src/rate-limits/rate-limits.ts';
import { type Api, ORIGIN, openApi, type Person } from '../../helpers/api.ts';
import { openHostingProxy } from '../../helpers/hosting-proxy.ts';
import { assertRefused } from '../../helpers/refusal.ts';
import { assertProblem } from '../../helpers/responses.ts';

/** `count` answers in a row. */
async function statuses(
  count: number,
  send: () => PromiseLike<{ readonly status: number }>,
): Promise<number[]> {
  const found: number[] = [];
  for (let n = 0; n < count; n++) found.push((await send()).status);
  return found;
}

describe('http: rate limits', () => {
  let api: Api;
  let later = 0;
  const limit = { user: 3, shared: 4, window: 60 };
  async function open(env: Record<string, string> = {}) {
    await api?.close();
    const product = { rateLimits: { read: limit, write: limit, privileged: limit, credential: limit } };
    api = await openApi({ product, env, clock: () => Date.now() + later });
  }
  beforeEach(() => open());
  after(() => api.close());

  const me = (who?: Person, address = '203.0.113.7') =>
    api.as(who).get('/v1/me').set('X-Forwarded-For', address);
  const withToken = (token: string) => me().set('Authorization', `Bearer ${token}`);

  it('answers 429 with Retry-After, RateLimit and RateLimit-Policy, which other origins can read', async () => {
    assert.deepEqual(await statuses(3, () => me('member')), [200, 200, 200]);
    const answer = await me('member').set('Origin', ORIGIN);
    assertProblem(answer, 429, 'rate_limited');
    const { 'retry-after': wait, ratelimit, 'ratelimit-policy': policy } = answer.headers;
    assert.match(wait ?? '', /^([1-9]|[1-5]\d|60)$/);
    assert.deepEqual([ratelimit, policy], [`"read";r=0;t=${wait}`, '"read";q=3;w=60']);
    const exposed = String(answer.headers['access-control-expose-headers']).split(',');
    for (const name of ['RateLimit', 'RateLimit-Policy', 'Retry-After'])
      assert.ok(exposed.includes(name), name);
    assert.equal((await me('support')).status, 200, 'another user');
    later += 60_000;
    assert.equal((await me('member')).status, 200, 'after the window');
  });

  it('has one log line for it, with the limit, and records nothing in the audit log', async () => {
    for (let n = 0; n < 4; n++) await api.as('member').get('/v1/users');
    assert.deepEqual(
      await statuses(4, () => api.as('member').put('/v1/users/x/roles').send({})),
      [403, 403, 403, 429],
    );
    const last = api.lines.findLast(({ kind }) => kind === 'decision');
    const { granted, code, status, subject, detail } = last ?? assert.fail();
    assert.deepEqual(
      { granted, code, status, subject, detail },
      {
        granted: false,
        code: 'rate_limited',
        status: 429,
        subject: 'member',
        detail: '3 per 60 s (privileged)',
      },
    );
    const { docs } = await api.firestore.db.collection('auditEvents').get();
    assert.equal(docs.filter((event) => event.get('action') === 'access.refused').length, 3);
  });

  it('counts reads, writes and privileged operations apart', async () => {
    assert.deepEqual(await statuses(4, () => me('owner')), [200, 200, 200, 429]);
    assert.equal((await api.as('owner').patch('/v1/users/owner').send({})).status, 400);
    assert.equal((await api.as('owner').post('/v1/me/revoke').send({})).status, 200);
  });

  it('counts the claim codes of a user on all instances, also on one that has just started', async () => {
    const claim = (url = '/v1/claim-owner') => api.as('norole').post(url).send({ code: 'guess' });
    assert.deepEqual(await statuses(10, () => claim()), Array(10).fill(403));
    const answer = await claim();
    assertProblem(answer, 429, 'rate_limited');
    assert.equal(answer.headers['ratelimit-policy'], '"claimOwner";q=10;w=600');
    const { platform } = api.deps;
    const request = { name: 'claimOwner', rateLimit: claimOwner.rateLimit ?? null, address: () => undefined };
    const count = (directoryId: string) => {
      const principal = createPrincipal({ ...ANONYMOUS, kind: 'user', directoryId });
      return createRateLimits(platform).count({ ...request, principal });
    };
    await assertRefused(() => count('norole'), 'rate_limited');
    await count('member');
  });

  it('counts refused credentials for the address, and lets others from there in', async () => {
    const broken = `${api.token('owner').slice(0, -342)}${'A'.repeat(342)}`;
    assert.deepEqual(await statuses(6, () => withToken(broken)), [401, 401, 401, 401, 429, 429]);
    assertProblem(await me(), 429, 'rate_limited');
    assert.equal((await me('member')).status, 200);
    assert.equal((await withToken(broken).set('X-Forwarded-For', '203.0.113.8')).status, 401);
  });

  it('never limits the health check', async () => {
    const health = () => api.as().get('/v1/health').set('X-Forwarded-For', '203.0.113.7');
    assert.deepEqual(new Set(await statuses(20, health)), new Set([200]));
  });

  for (const [hops, others] of [
    ['1', 429],
    ['2', 401],
  ] as const) {
    it(`answers ${others} to others behind Hosting with TRUSTED_PROXY_HOPS=${hops}`, async () => {
      await open({ TRUSTED_PROXY_HOPS: hops });
      const clients = ['203.0.113.7', '203.0.113.8'];
      const proxies = await Promise.all(
        clients.map((clientAddress) => openHostingProxy(`http://127.0.0.1:${api.port}`, { clientAddress })),
      );
      let n = 0;
      const sendBy = (proxy = proxies[0]) =>
        fetch(`${proxy?.origin}/v1/me`, { headers: { 'X-Forwarded-For': `198.51.100.${n++}` } });
      assert.deepEqual(await statuses(6, () => sendBy()), [401, 401, 401, 401, 429, 429]);
      assert.equal((await sendBy(proxies[1])).status, others);
      await Promise.all(proxies.map((proxy) => proxy.close()));
    });
  }

  for (const [hops, ...address] of [
    ['1', ''],
    ['2', ', 142.250.1.1'],
  ]) {
    it(`is not evaded by a forged X-Forwarded-For with TRUSTED_PROXY_HOPS=${hops}`, async () => {
      await open({ TRUSTED_PROXY_HOPS: hops ?? '' });
      let n = 0;
      const send = () => me(undefined, `198.51.100.${n++}, 203.0.113.7${address.join()}`);
      assert.deepEqual(await statuses(6, send), [401, 401, 401, 401, 429, 429]);
      assert.equal((await me(undefined, `203.0.113.7, 203.0.113.8${address.join()}`)).status, 401);
    });
  }
});
