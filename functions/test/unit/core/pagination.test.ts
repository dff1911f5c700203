import assert from 'node:assert/strict';
import fc from 'fast-check';
import { decodePageToken, encodePageToken, type Position } from '../../../src/core/pagination.ts';
import { encode } from '../../helpers/forge.ts';
import { assertRefused } from '../../helpers/refusal.ts';

type Kind = 'string' | 'number';
const kindsOf = (at: Position) => at.map((value) => typeof value as Kind);

describe('page token', () => {
  it('is not needed for the first page', () => {
    assert.equal(decodePageToken(undefined, ['string']), undefined);
  });

  it('decodes to the encoded position, for any ids and addresses', () => {
    const value = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 300 }), fc.maxSafeInteger());
    fc.assert(
      fc.property(fc.array(value, { maxLength: 4 }), (at) => {
        const token = encodePageToken(at);
        assert.match(token, /^[\w-]+$/);
        // JSON has no negative zero.
        assert.deepEqual(
          decodePageToken(token, kindsOf(at)),
          at.map((part) => part || (part === '' ? '' : 0)),
        );
      }),
    );
  });

  const garbage: Record<string, string> = {
    empty: '',
    'no base64url': '%%%',
    'no JSON': encode('page'),
    'cut short': encodePageToken(['abcdef']).slice(0, -4),
    'an object': encode({ 0: 'ada', length: 1 }),
    null: encode('null'),
    'a string': encode('"ada"'),
    'no value': encode('[]'),
    'one value too many': encodePageToken(['ada', 'bob']),
    'a number for a string': encodePageToken([7]),
    'null for a string': encode('[null]'),
    'an object for a string': encode([{ toString: 'ada' }]),
    'a list for a string': encode([['ada']]),
    'a string longer than Firestore compares': encodePageToken(['a'.repeat(1501)]),
    'named __proto__': encode('{"__proto__":["ada"]}'),
  };
  for (const [what, token] of Object.entries(garbage)) {
    it(`is refused, naming the field: ${what}`, async () => {
      const error = await assertRefused(() => decodePageToken(token, ['string']), 'invalid_argument');
      assert.deepEqual(
        error.errors?.map(({ field }) => field),
        ['pageToken'],
      );
    });
  }

  it('is refused for another list, with values of other types', async () => {
    const token = encodePageToken(['ada@example.com', 'ada']);
    assert.deepEqual(decodePageToken(token, ['string', 'string']), ['ada@example.com', 'ada']);
    await assertRefused(() => decodePageToken(token, ['number', 'string']), 'invalid_argument');
    await assertRefused(() => decodePageToken(token, ['string']), 'invalid_argument');
  });

  for (const number of ['1.5', '1e999', '9007199254740993']) {
    it(`is refused with a number that is not a safe integer: ${number}`, async () => {
      await assertRefused(() => decodePageToken(encode(`[${number}]`), ['number']), 'invalid_argument');
    });
  }

  it('is decoded or refused, and never fails with another error', () => {
    const kinds = fc.array(fc.constantFrom<Kind>('string', 'number'), { maxLength: 4 });
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json().map(encode)), kinds, (token, expected) => {
        try {
          assert.deepEqual(kindsOf(decodePageToken(token, expected) ?? []), expected);
        } catch (error) {
          assert.equal((error as { code?: string }).code, 'invalid_argument');
        }
      }),
    );
  });
});
