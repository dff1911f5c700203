import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseCompactJws } from '../../../src/authn/parse-jws.ts';
import { AppError } from '../../../src/core/errors.ts';
import { forge } from '../../helpers/forge.ts';
import { mintIdToken } from '../../helpers/google.ts';
import { authenticateToken, useTestInstance } from '../../helpers/instance.ts';
import { refusalOf } from '../../helpers/refusal.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ ';

/** Strings that get past the first checks often enough to be worth trying. */
const tokenLike = fc.oneof(
  fc.string(),
  fc.array(fc.base64String({ maxLength: 40 }), { maxLength: 5 }).map((parts) => parts.join('.')),
  fc
    .tuple(fc.json({ maxDepth: 10 }), fc.uint8Array({ maxLength: 40 }))
    .map(([payload, signature]) => forge({ alg: 'RS256' }, payload, () => signature)),
);

function tryParse(raw: string): ReturnType<typeof parseCompactJws> | undefined {
  try {
    return parseCompactJws(raw);
  } catch (error) {
    assert.ok(error instanceof AppError && error.code === 'invalid_token', String(error));
    return undefined;
  }
}

describe('parseCompactJws with generated input', () => {
  it('accepts the input or refuses it with invalid_token, and throws nothing else', () => {
    fc.assert(fc.property(tokenLike, (raw) => void tryParse(raw)));
  });

  it('accepts only tokens in canonical base64url', () => {
    fc.assert(
      fc.property(tokenLike, (raw) => {
        if (tryParse(raw) === undefined) return;
        const again = raw.split('.').map((part) => Buffer.from(part, 'base64url').toString('base64url'));
        assert.equal(again.join('.'), raw);
      }),
      { numRuns: 500 },
    );
  });

  it('reads an accepted payload as JSON.parse does', () => {
    const payload = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 }), { maxKeys: 5 });
    fc.assert(
      fc.property(payload, (claims) => {
        const text = JSON.stringify(claims);
        const parsed = tryParse(forge({ alg: 'RS256' }, text));
        if (parsed === undefined) assert.match(text, /"__proto__":/);
        else assert.deepEqual(parsed.payload, JSON.parse(text));
      }),
    );
  });

  it('refuses a repeated key in any object', () => {
    const text = fc.tuple(fc.string(), fc.jsonValue(), fc.jsonValue()).map(([key, one, two]) => {
      const name = JSON.stringify(key);
      return `{"a":[{${name}:${JSON.stringify(one)},"x y":0,${name}:${JSON.stringify(two)}}]}`;
    });
    fc.assert(
      fc.property(text, (payload) => assert.equal(tryParse(forge({ alg: 'RS256' }, payload)), undefined)),
    );
  });
});

describe('a valid token with one changed character', () => {
  const test = useTestInstance();
  let good: string;
  before(async () => {
    test.google.users.set('ada', { localId: 'ada' });
    good = await mintIdToken();
    assert.equal((await authenticateToken(test.instance, good)).subject, 'ada');
  });

  const position = fc.nat({ max: 10_000 }).map((at) => at % good.length);
  const character = fc.constantFrom(...ALPHABET);

  const edits = {
    replaced: (at: number, char: string) => good.slice(0, at) + char + good.slice(at + 1),
    inserted: (at: number, char: string) => good.slice(0, at) + char + good.slice(at),
    removed: (at: number) => good.slice(0, at) + good.slice(at + 1),
  };
  for (const [name, edit] of Object.entries(edits)) {
    it(`is refused: ${name}`, async () => {
      await fc.assert(
        fc.asyncProperty(position, character, async (at, char) => {
          const token = edit(at, char);
          fc.pre(token !== good);
          const { code } = await refusalOf(() => authenticateToken(test.instance, token));
          assert.equal(code, 'invalid_token');
        }),
        { numRuns: 200 },
      );
    });
  }

  it('is refused with any other last character of the signature', async () => {
    for (const char of ALPHABET) {
      const token = good.slice(0, -1) + char;
      if (token === good) continue;
      assert.equal((await refusalOf(() => authenticateToken(test.instance, token))).code, 'invalid_token');
    }
  });
});
