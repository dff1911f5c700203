import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { createPrincipal } from '../../../src/authn/principal.ts';
import { createVerifiedTokenCache, type VerifiedToken } from '../../../src/authn/verified-token-cache.ts';

const verified = (subject: string, tokenExpiresAt: number, goodUntil = tokenExpiresAt): VerifiedToken => ({
  readFrom: [],
  goodUntil,
  principal: createPrincipal({
    kind: 'user',
    issuer: 'https://issuer.example',
    subject,
    roles: [],
    authTime: 0,
    assurance: 'aal1',
    tokenExpiresAt,
    credential: 'bearer',
  }),
});

describe('verified-token cache', () => {
  it('gives what was put in, for exactly that token', () => {
    const cache = createVerifiedTokenCache();
    const ada = verified('ada', 100);
    cache.set('a.b.c', ada);
    assert.equal(cache.get('a.b.c', 50), ada);
    for (const other of ['a.b.C', 'a.b.c ', 'a.b.c=', 'a.b.', ''])
      assert.equal(cache.get(other, 50), undefined);
  });

  it('gives nothing from the second on in which the token expires', () => {
    const cache = createVerifiedTokenCache();
    cache.set('a.b.c', verified('ada', 100));
    assert.notEqual(cache.get('a.b.c', 99), undefined);
    assert.equal(cache.get('a.b.c', 100), undefined);
  });

  it('gives nothing from the second on in which a role of the token ends, though the token goes on', () => {
    const cache = createVerifiedTokenCache();
    cache.set('a.b.c', verified('ada', 100, 60));
    assert.notEqual(cache.get('a.b.c', 59), undefined);
    assert.equal(cache.get('a.b.c', 60), undefined);
    cache.set('a.b.c', verified('ada', 100));
    assert.notEqual(cache.get('a.b.c', 60), undefined);
  });

  it('forgets an expired token, even should the clock go back', () => {
    const cache = createVerifiedTokenCache();
    cache.set('a.b.c', verified('ada', 100));
    cache.get('a.b.c', 100);
    assert.equal(cache.get('a.b.c', 50), undefined);
  });

  it('pushes out what was used least recently', () => {
    const cache = createVerifiedTokenCache(2);
    cache.set('one', verified('one', 100));
    cache.set('two', verified('two', 100));
    cache.get('one', 0);
    cache.set('three', verified('three', 100));
    const kept = ['one', 'two', 'three'].filter((token) => cache.get(token, 0) !== undefined);
    assert.deepEqual(kept, ['one', 'three']);
  });

  it('stays bounded, however many distinct tokens come', () => {
    const cache = createVerifiedTokenCache();
    const ada = verified('ada', 100);
    const tokens = Array.from({ length: 20_000 }, (_, i) => `token-${i}`);
    for (const token of tokens) cache.set(token, ada);
    assert.equal(tokens.filter((token) => cache.get(token, 0) !== undefined).length, 5_000);
  });

  it('holds no token that could be replayed', () => {
    const cache = createVerifiedTokenCache();
    const keys: unknown[] = [];
    const original = Map.prototype.set;
    Map.prototype.set = function set(key, value) {
      keys.push(key);
      return original.call(this, key, value);
    };
    try {
      cache.set('secret-token', verified('ada', 100));
    } finally {
      Map.prototype.set = original;
    }
    assert.equal(keys.length, 1);
    assert.match(String(keys[0]), /^[A-Za-z0-9+/]{43}=$/);
    assert.ok(!inspect(cache, { depth: 9, showHidden: true }).includes('secret-token'));
  });
});
