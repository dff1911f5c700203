import assert from 'node:assert/strict';
import { createPrincipal } from '../../functions/src/authz/principal.ts';
import { callerContext } from '../src/caller-context.ts';

const FACTS = {
  kind: 'user',
  issuer: 'https://login.example.com/',
  subject: 'ada',
  directoryId: 'ext-1',
  roles: ['member'],
  authTime: 1,
  assurance: { level: 'aal1', at: undefined, methods: [] },
  tokenExpiresAt: 1_800_000_000,
  credential: 'bearer',
} as const;

const contextOf = (facts: Partial<Parameters<typeof createPrincipal>[0]> = {}) =>
  callerContext(createPrincipal({ ...FACTS, ...facts }));

describe('caller context', () => {
  it('has only strings', () => {
    const { cacheKey, ...rest } = contextOf({
      email: 'ada@example.com',
      emailVerified: false,
      scopes: ['notes:read'],
    });
    assert.deepEqual(rest, {
      uid: 'ext-1',
      issuer: 'https://login.example.com/',
      subject: 'ada',
      kind: 'user',
      roles: 'member',
      permissions: 'notes:read',
      scopes: 'notes:read',
      email: 'ada@example.com',
      emailVerified: 'false',
      tokenExpiresAt: '2027-01-15T08:00:00.000Z',
    });
    assert.match(cacheKey, /^[\w-]{43}$/);
  });

  it('leaves out an e-mail address that is not valid in a header', () => {
    for (const email of ['ada@example.com\r\nX-Admin: 1', 'ådä@example.com', 'a b@example.com', ''])
      assert.deepEqual(contextOf({ email, emailVerified: true }), contextOf());
  });

  it('has the same cache key for the same permissions', () => {
    assert.equal(contextOf().cacheKey, contextOf({ authTime: 2, email: 'new@example.com' }).cacheKey);
  });

  for (const [what, change] of [
    ['issuer', { issuer: 'https://other.example/' }],
    ['subject', { subject: 'bob' }],
    ['roles', { roles: ['support'] }],
    ['scopes', { scopes: ['notes:read'] }],
    ['expiry', { tokenExpiresAt: 1_800_000_001 }],
  ] as const) {
    it(`has another cache key for another ${what}`, () => {
      assert.notEqual(contextOf(change).cacheKey, contextOf().cacheKey);
    });
  }

  it('tells issuer and subject apart in the cache key', () => {
    const [a, b] = [contextOf({ issuer: 'a', subject: 'bc' }), contextOf({ issuer: 'ab', subject: 'c' })];
    assert.notEqual(a.cacheKey, b.cacheKey);
  });
});
