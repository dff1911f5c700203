import assert from 'node:assert/strict';
import type * as z from 'zod';
import { roleChange, uid, user, userQuery } from '../../../src/users/schema.ts';

const accepts = (schema: z.ZodType, value: unknown) => schema.safeParse(value).success;
const change = { roles: ['member'], rolesVersion: 0 };

describe('schema: uid', () => {
  for (const value of ['a', 'a'.repeat(128), 'ä', 'a b', '__proto__', '..']) {
    it(`accepts ${JSON.stringify(value.slice(0, 12))} of ${value.length}`, () =>
      assert.ok(accepts(uid, value)));
  }
  const wrong = ['', 'a'.repeat(129), 'a/b', 'a\0', 'a\n', 'a\u001b[31m', 1, null, ['a']];
  for (const value of wrong) {
    it(`refuses ${JSON.stringify(value).slice(0, 20)}`, () => assert.ok(!accepts(uid, value)));
  }
  it('counts characters as Firebase does, in UTF-16 units, so that it never asks for an impossible one', () => {
    assert.ok(accepts(uid, '😀'.repeat(64)));
    assert.ok(!accepts(uid, '😀'.repeat(65)));
  });
});

describe('schema: role change', () => {
  it('accepts roles, the version read, and a reason', () => {
    assert.deepEqual(roleChange.parse({ ...change, reason: ' new on the team ' }), {
      ...change,
      reason: 'new on the team',
    });
    assert.deepEqual(roleChange.parse({ roles: [], rolesVersion: 3 }), { roles: [], rolesVersion: 3 });
  });

  const wrong: Record<string, object> = {
    'roles that are no list': { ...change, roles: 'owner' },
    'an unknown role': { ...change, roles: ['root'] },
    'a name of Object.prototype': { ...change, roles: ['constructor'] },
    'a role twice': { ...change, roles: ['member', 'member'] },
    'more roles than there are': { ...change, roles: Array.from({ length: 6 }, () => 'member') },
    'no version': { roles: ['member'] },
    'a version in text': { ...change, rolesVersion: '0' },
    'a negative version': { ...change, rolesVersion: -1 },
    'half a version': { ...change, rolesVersion: 0.5 },
    'a version beyond 2^53': { ...change, rolesVersion: 2 ** 53 },
    'an empty reason': { ...change, reason: '  ' },
    'a reason of 201 characters': { ...change, reason: 'a'.repeat(201) },
    'a field that it should not carry': { ...change, disabled: true },
    'a claim': { ...change, rv: 7 },
    '__proto__ as JSON brings it': JSON.parse('{"roles":[],"rolesVersion":0,"__proto__":{"uid":"eve"}}'),
  };
  for (const [what, value] of Object.entries(wrong)) {
    it(`refuses ${what}`, () => assert.ok(!accepts(roleChange, value)));
  }
});

describe('schema: user query', () => {
  it('asks for 50 users unless told otherwise', () => {
    assert.deepEqual(userQuery.parse({}), { pageSize: 50 });
    assert.equal(userQuery.parse({ pageSize: 100 }).pageSize, 100);
  });

  const wrong = [
    { pageSize: 0 },
    { pageSize: 101 },
    { pageSize: 1.5 },
    { pageSize: Number.NaN },
    { pageSize: [1, 2] },
    { role: 'root' },
    { role: ['member', 'owner'] },
    { email: 'x' },
    { email: `${'a'.repeat(250)}@a.example` },
    { pageToken: '' },
    { pageToken: 'a'.repeat(2049) },
    { uid: 'eve' },
  ];
  for (const value of wrong) {
    it(`refuses ${JSON.stringify(value).slice(0, 40)}`, () => assert.ok(!accepts(userQuery, value)));
  }
});

describe('schema: user as sent', () => {
  it('names no claims: those of others are not ours to show', () => {
    assert.ok(!Object.keys(user.shape).includes('claims'));
    const account = {
      uid: 'ada',
      emailVerified: true,
      providers: [],
      disabled: false,
      roles: [],
      rolesVersion: 0,
      validAfter: 0,
      createdAt: '2026-01-01T00:00:00.000Z',
    };
    assert.deepEqual(user.parse({ ...account, claims: { plan: 'pro' }, passwordHash: 'x' }), account);
  });
});
