import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { createVerifiedTokenCache, type VerifiedToken } from '../../../src/authn/token-cache.ts';
import { createPrincipal } from '../../../src/authz/principal.ts';

const verified = (subject: string, tokenExpiresAt: number, validUntil = tokenExpiresAt): VerifiedToken => ({
  directoryVersion: undefined,
  validUntil: validUntil,
  principal: createPrincipal({
    kind: 'user',
    issuer: 'https://issuer.example',
    subject,
    roles: [],
    authTime: 0,
    assurance: { level: 'aal1', at: undefined, methods: [] },
    tokenExpiresAt,
    credential: 'bearer',
  }),
});

type Cache = ReturnType<typeof createVerifiedTokenCache>;

const put = (cache: Cache, token: string, verified: VerifiedToken) =>
  cache.get(token, 0, async () => verified);

/** The cached result for a token, if there is one: the verification always fails. */
async function cached(cache: Cache, token: string, now: number): Promise<VerifiedToken | undefined> {
  try {
    return await cache.get(token, now, () => Promise.reject(new Error('not cached')));
  } catch {
    return undefined;
  }
}

describe('createVerifiedTokenCache', () => {
  it('returns the stored result for exactly that token', async () => {
    const cache = createVerifiedTokenCache();
    const ada = verified('ada', 100);
    await put(cache, 'a.b.c', ada);
    assert.equal(await cached(cache, 'a.b.c', 50), ada);
    for (const other of ['a.b.C', 'a.b.c ', 'a.b.c=', 'a.b.', ''])
      assert.equal(await cached(cache, other, 50), undefined);
  });

  it('returns nothing from the second in which the token expires', async () => {
    const cache = createVerifiedTokenCache();
    await put(cache, 'a.b.c', verified('ada', 100));
    assert.notEqual(await cached(cache, 'a.b.c', 99), undefined);
    assert.equal(await cached(cache, 'a.b.c', 100), undefined);
  });

  it('returns nothing from the second in which a role of a valid token expires', async () => {
    const cache = createVerifiedTokenCache();
    await put(cache, 'a.b.c', verified('ada', 100, 60));
    assert.notEqual(await cached(cache, 'a.b.c', 59), undefined);
    assert.equal(await cached(cache, 'a.b.c', 60), undefined);
    await put(cache, 'a.b.c', verified('ada', 100));
    assert.notEqual(await cached(cache, 'a.b.c', 60), undefined);
  });

  it('removes an expired token, even if the clock goes back', async () => {
    const cache = createVerifiedTokenCache();
    await put(cache, 'a.b.c', verified('ada', 100));
    await cached(cache, 'a.b.c', 100);
    assert.equal(await cached(cache, 'a.b.c', 50), undefined);
  });

  it('evicts the least recently used token', async () => {
    const cache = createVerifiedTokenCache(2);
    await put(cache, 'one', verified('one', 100));
    await put(cache, 'two', verified('two', 100));
    await cached(cache, 'one', 0);
    await put(cache, 'three', verified('three', 100));
    assert.notEqual(await cached(cache, 'one', 0), undefined);
    assert.equal(await cached(cache, 'two', 0), undefined);
    assert.notEqual(await cached(cache, 'three', 0), undefined);
  });

  it('stays bounded for any number of distinct tokens', async () => {
    const cache = createVerifiedTokenCache();
    const ada = verified('ada', 100);
    const tokens = Array.from({ length: 20_000 }, (_, i) => `token-${i}`);
    for (const token of tokens) await put(cache, token, ada);
    let count = 0;
    for (const token of tokens) if ((await cached(cache, token, 0)) !== undefined) count++;
    assert.equal(count, 5_000);
  });

  it('verifies a token once for concurrent requests, and again after a failure', async () => {
    const cache = createVerifiedTokenCache();
    let tries = 0;
    const fail = async () => {
      tries++;
      throw new Error('no keys');
    };
    const all = await Promise.allSettled([1, 2, 3].map(() => cache.get('a.b.c', 0, fail)));
    assert.deepEqual([tries, all.map(({ status }) => status)], [1, Array(3).fill('rejected')]);
    assert.equal(await cached(cache, 'a.b.c', 0), undefined);

    const verify = async () => {
      tries++;
      return verified('ada', 100);
    };
    const seen = await Promise.all([1, 2, 3].map(() => cache.get('a.b.c', 0, verify)));
    assert.deepEqual([tries, new Set(seen).size], [2, 1]);
    assert.equal(await cached(cache, 'a.b.c', 0), seen[0]);
  });

  it('holds no token that could be replayed', async () => {
    const cache = createVerifiedTokenCache();
    const keys: unknown[] = [];
    const original = Map.prototype.set;
    Map.prototype.set = function set(key, value) {
      keys.push(key);
      return original.call(this, key, value);
    };
    try {
      await put(cache, 'secret-token', verified('ada', 100));
    } finally {
      Map.prototype.set = original;
    }
    assert.ok(keys.length > 0);
    for (const key of keys) assert.match(String(key), /^[A-Za-z0-9+/]{43}=$/);
    assert.ok(!inspect(cache, { depth: 9, showHidden: true }).includes('secret-token'));
  });
});
