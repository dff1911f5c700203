import assert from 'node:assert/strict';
import fc from 'fast-check';
import { decodePageToken, encodePageToken } from '../../../src/users/page-token.ts';
import { encode } from '../../helpers/forge.ts';
import { assertRefused } from '../../helpers/refusal.ts';

describe('page token', () => {
  it('is the beginning when there is none', () => {
    assert.deepEqual(decodePageToken(undefined), {});
  });

  it('comes back as it went, whatever Firebase Auth calls its pages', () => {
    const text = fc.option(fc.string({ unit: 'grapheme' }), { nil: undefined });
    fc.assert(
      fc.property(text, text, (page, after) => {
        const at = { ...(page !== undefined && { page }), ...(after !== undefined && { after }) };
        const token = encodePageToken(at);
        assert.match(token, /^[\w-]+$/);
        assert.deepEqual(decodePageToken(token), at);
      }),
    );
  });

  const garbage: Record<string, string> = {
    empty: '',
    'no base64url': '%%%',
    'no JSON': encode('page'),
    'cut short': encodePageToken({ page: 'abcdef' }).slice(0, -4),
    'an array': encode('[]'),
    null: encode('null'),
    'a string': encode('"page"'),
    'a page that is no string': encode({ page: 1 }),
    'a page that is an object': encode({ page: { toString: 1 } }),
    'an unknown field': encode({ page: 'a', admin: true }),
    __proto__: encode('{"__proto__":{"page":"a"}}'),
    'a Firebase page by itself': 'CAESABoA',
  };
  for (const [what, token] of Object.entries(garbage)) {
    it(`is refused, naming the field: ${what}`, async () => {
      const error = await assertRefused(() => decodePageToken(token), 'invalid_argument');
      assert.deepEqual(
        error.errors?.map(({ field }) => field),
        ['pageToken'],
      );
    });
  }

  it('is read or refused, and never fails otherwise', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json().map(encode)), (token) => {
        try {
          const at = decodePageToken(token);
          assert.ok(Object.keys(at).every((key) => key === 'page' || key === 'after'));
        } catch (error) {
          assert.equal((error as { code?: string }).code, 'invalid_argument');
        }
      }),
    );
  });
});
