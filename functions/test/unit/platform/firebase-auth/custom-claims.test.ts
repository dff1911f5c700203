import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ALL_ROLES } from '../../../../src/authz/roles.ts';
import { mergeClaims } from '../../../../src/platform/firebase-auth/account.ts';
import { assertRefused } from '../../../helpers/refusal.ts';

const access = { roles: ['member'], rv: 3 } as const;
const bytes = (value: unknown) => Buffer.byteLength(JSON.stringify(value));

/** Claims of other code that make all claims exactly `size` bytes, filled with `letter`. */
function otherClaims(size: number, letter: string): { pad: string } {
  const empty = bytes({ pad: '', roles: access.roles, rv: access.rv });
  const width = Buffer.byteLength(letter);
  const room = size - empty;
  return { pad: letter.repeat(Math.floor(room / width)) + 'x'.repeat(room % width) };
}

describe('mergeClaims', () => {
  it('adds the roles and their version', () => {
    assert.deepEqual(mergeClaims({}, access), { roles: ['member'], rv: 3 });
  });

  it('keeps the claims of other code, and replaces its own', () => {
    const claims = { plan: 'pro', roles: ['owner', 'x'], rv: 2, nested: { a: [1] } };
    assert.deepEqual(mergeClaims(claims, access), {
      plan: 'pro',
      roles: ['member'],
      rv: 3,
      nested: { a: [1] },
    });
  });

  it('removes the expiries of roles that have none any more', () => {
    const claims = { roles: ['owner'], rv: 2, rx: { owner: 5 } };
    assert.deepEqual(mergeClaims(claims, access), { roles: ['member'], rv: 3 });
    assert.deepEqual(mergeClaims(claims, { ...access, rx: { member: 9 } }).rx, { member: 9 });
  });

  it('does not change its input', () => {
    const claims = Object.freeze({ plan: 'pro' });
    mergeClaims(claims, access);
    assert.deepEqual(claims, { plan: 'pro' });
  });

  it('accepts every name that JSON allows', () => {
    const claims = JSON.parse('{"__proto__":{"a":1},"constructor":1}') as Record<string, unknown>;
    assert.equal(
      JSON.stringify(mergeClaims(claims, access)),
      '{"__proto__":{"a":1},"constructor":1,"roles":["member"],"rv":3}',
    );
  });

  for (const letter of ['x', 'é', '€', '😀', '"', '\n']) {
    it(`accepts 1000 bytes in UTF-8, and refuses one more: ${JSON.stringify(letter)}`, async () => {
      const width = bytes(letter) - 2;
      const fill = (size: number) => {
        const { pad } = otherClaims(size, 'x');
        const count = Math.floor(pad.length / width);
        return { pad: letter.repeat(count) + 'x'.repeat(pad.length - count * width) };
      };
      assert.equal(bytes(mergeClaims(fill(1000), access)), 1000);
      const error = await assertRefused(() => mergeClaims(fill(1001), access), 'claims_too_large');
      assert.match(error.message, /1001 of 1000 bytes/);
    });
  }

  it('refuses more than 1000 bytes in fewer characters, which the SDK accepts', async () => {
    const claims = otherClaims(1500, '€');
    assert.ok(JSON.stringify(claims).length < 1000);
    await assertRefused(() => mergeClaims(claims, access), 'claims_too_large');
  });

  it('needs less than 200 bytes for all roles', () => {
    const merged = mergeClaims({}, { roles: ALL_ROLES, rv: Number.MAX_SAFE_INTEGER });
    assert.ok(bytes(merged) < 200);
  });

  it('never loses a claim of other code, nor uses one as its own', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ maxLength: 8 }), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 4 }),
        (claims) => {
          fc.pre(bytes(claims) < 900);
          const { roles, rv, ...others } = mergeClaims(claims, access);
          assert.deepEqual([roles, rv], [['member'], 3]);
          const { roles: _roles, rv: _rv, rx: _rx, ...expected } = claims;
          assert.deepEqual(others, expected);
        },
      ),
    );
  });
});
