import assert from 'node:assert/strict';
import type * as z from 'zod';
import { uid } from '../../../src/core/uid.ts';
import { grantRequest, roleChange, user, userQuery } from '../../../src/users/schema.ts';

const accepts = (schema: z.ZodType, value: unknown) => schema.safeParse(value).success;
const change = { grants: [{ role: 'member' }], version: 0 };
const END = '2030-01-01T00:00:00Z';

describe('schema: uid', () => {
  for (const value of ['a', 'a'.repeat(128), 'ä', 'a b', '__x', 'constructor', '...']) {
    it(`accepts ${JSON.stringify(value.slice(0, 12))} of ${value.length}`, () =>
      assert.ok(accepts(uid, value)));
  }
  const wrong = [
    '',
    '.',
    '..',
    '__proto__',
    'a'.repeat(129),
    'a/b',
    'a\0',
    'a\n',
    'a\u001b[31m',
    1,
    null,
    ['a'],
  ];
  for (const value of wrong) {
    it(`refuses ${JSON.stringify(value).slice(0, 20)}`, () => assert.ok(!accepts(uid, value)));
  }
  it('counts characters in UTF-16 units, as Firebase does', () => {
    assert.ok(accepts(uid, '😀'.repeat(64)));
    assert.ok(!accepts(uid, '😀'.repeat(65)));
  });
});

describe('schema: role change', () => {
  it('accepts grants, the version read, and a reason', () => {
    assert.deepEqual(roleChange.parse({ ...change, auditReason: ' new on the team ' }), {
      ...change,
      auditReason: 'new on the team',
    });
    assert.deepEqual(roleChange.parse({ grants: [], version: 3 }), { grants: [], version: 3 });
  });

  const wrong: Record<string, object> = {
    'grants that are no list': { ...change, grants: 'owner' },
    'roles in place of grants': { roles: ['member'], version: 0 },
    'an unknown role': { ...change, grants: [{ role: 'root' }] },
    'a name of Object.prototype': { ...change, grants: [{ role: 'constructor' }] },
    'a role twice': {
      ...change,
      grants: [{ role: 'member' }, { role: 'member', expiresAt: END }],
    },
    'more roles than there are': { ...change, grants: Array.from({ length: 6 }, () => ({ role: 'member' })) },
    'no version': { grants: [] },
    'a version in text': { ...change, version: '0' },
    'a negative version': { ...change, version: -1 },
    'half a version': { ...change, version: 0.5 },
    'a version beyond 2^53': { ...change, version: 2 ** 53 },
    'an empty reason': { ...change, auditReason: '  ' },
    'a reason of 201 characters': { ...change, auditReason: 'a'.repeat(201) },
    'a field that it should not carry': { ...change, disabled: true },
    'a claim': { ...change, rv: 7 },
    '__proto__ as JSON brings it': JSON.parse('{"grants":[],"version":0,"__proto__":{"uid":"eve"}}'),
  };
  for (const [what, value] of Object.entries(wrong)) {
    it(`refuses ${what}`, () => assert.ok(!accepts(roleChange, value)));
  }
});

describe('schema: a grant asked for', () => {
  it('ends in a whole second, in whatever zone it is written', () => {
    const end = Date.parse(END) / 1000;
    for (const expiresAt of [END, '2030-01-01T00:00:00.999Z', '2030-01-01T02:00:00+02:00']) {
      assert.equal(grantRequest.parse({ role: 'member', expiresAt }).expiresAt, end);
    }
    assert.deepEqual(grantRequest.parse({ role: 'member' }), { role: 'member' });
  });

  const wrong: object[] = [
    { expiresAt: '2030-01-01' },
    { expiresAt: '2030-01-01T00:00:00' },
    { expiresAt: 'tomorrow' },
    { expiresAt: 1_893_456_000 },
    { expiresAt: null },
    { expiresAt: '' },
    { reason: ' ' },
    { reason: 'a'.repeat(201) },
    { grantedBy: 'eve' },
    { grantedAt: END },
  ];
  for (const value of wrong) {
    it(`is refused with ${JSON.stringify(value).slice(0, 40)}`, () => {
      assert.ok(!accepts(grantRequest, { role: 'member', ...value }));
    });
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
    { email: '' },
    { emailPrefix: '' },
    { phone: '' },
    { phone: '4930123456' },
    { phone: ' 4930123456' },
    { phone: '+49 30 123456' },
    { disabled: 'true' },
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
      identity: { issuer: 'https://issuer.example', subject: 'ada' },
      emailVerified: true,
      emails: [],
      providers: [],
      disabled: false,
      roles: [],
      grants: [],
      version: 0,
      synced: true,
      sessionsValidAfter: '2026-01-01T00:00:00.000Z',
      createdAt: '2026-01-01T00:00:00.000Z',
      updatedAt: '2026-01-01T00:00:00.000Z',
    };
    assert.deepEqual(
      user.parse({ ...account, claims: { plan: 'pro' }, passwordHash: 'x', lease: { by: 'r' } }),
      account,
    );
  });
});
