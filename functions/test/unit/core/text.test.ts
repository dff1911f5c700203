import assert from 'node:assert/strict';
import fc from 'fast-check';
import { findIllFormed, hasHidden, showHidden, showHiddenIn } from '../../../src/core/text.ts';

describe('findIllFormed', () => {
  const cases: [value: unknown, path: string | undefined][] = [
    ['ada', undefined],
    ['😀', undefined],
    [{ a: [1, null, true, { b: 'x' }] }, undefined],
    ['\ud800', ''],
    [{ a: [{ b: 'x\udc00' }] }, 'a.0.b'],
    [{ '\ud800': 1 }, '\ud800'],
    [['ok', '\udc00\ud800'], '1'],
  ];
  for (const [value, path] of cases) {
    it(`finds ${JSON.stringify(path)} in ${JSON.stringify(value)}`, () =>
      assert.equal(findIllFormed(value), path));
  }
});

describe('showHidden', () => {
  const shown: [what: string, text: string, shown: string][] = [
    ['an override of the direction', 'user\u202eremoved', 'user[U+202E]removed'],
    ['an isolate', 'a\u2066b\u2069', 'a[U+2066]b[U+2069]'],
    ['a zero-width space', 'ow\u200bner', 'ow[U+200B]ner'],
    ['a line separator', 'a\u2028b', 'a[U+2028]b'],
    ['a byte order mark', '\ufeffa', '[U+FEFF]a'],
    ['tag characters', 'a\u{e0041}\u{e007f}', 'a[U+E0041][U+E007F]'],
    ['tag characters after a flag', '🏴\u{e0041}\u{e007f}', '🏴[U+E0041][U+E007F]'],
    ['marks of direction', 'a\u200e\u200f\u061c', 'a[U+200E][U+200F][U+061C]'],
    ['a line break and an escape sequence', 'a\n\u001b[31m\u0085', 'a[U+000A][U+001B][31m[U+0085]'],
    ['a joiner between Latin letters', 'pay\u200dpal', 'pay[U+200D]pal'],
    ['a joiner at the end', 'می\u200c', 'می[U+200C]'],
    ['a variation selector after a letter', 'a\ufe0f\u{e0100}', 'a[U+FE0F][U+E0100]'],
    ['a soft hyphen and a filler', 'a\u00ad\u3164', 'a[U+00AD][U+3164]'],
    ['a pattern of Braille without dots', 'ow\u2800ner', 'ow[U+2800]ner'],
    ['an interlinear annotation', 'a\ufff9b', 'a[U+FFF9]b'],
  ];
  for (const [what, text, expected] of shown) {
    it(`shows ${what}`, () => {
      assert.equal(showHidden(text), expected);
      assert.ok(hasHidden(text) && !hasHidden(expected));
    });
  }

  const kept: [what: string, text: string][] = [
    ['Latin', 'Ada Lovelace, née Byron'],
    ['Hebrew', 'שלום עולם 12'],
    ['Arabic with vowels', 'مَرْحَبًا'],
    ['Persian with a non-joiner', 'می‌خواهم'],
    ['Hindi with a joiner', 'क्‍ष'],
    ['a name with an ideographic variation', '葛\u{e0100}城'],
    ['a family emoji', '👩‍👩‍👧‍👦'],
    ['emoji with skin tone and gender', '🧔🏽‍♂️ 🧔‍♂ 👍🏽'],
    ['a heart, a keycap and flags', '❤️ 1️⃣ 🏳️‍🌈 🇩🇪 🏴󠁧󠁢󠁥󠁮󠁧󠁿'],
  ];
  for (const [what, text] of kept) {
    it(`keeps ${what}`, () => assert.equal(showHidden(text), text));
  }

  it('leaves nothing to show, and changes no other text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        const once = showHidden(text);
        assert.equal(showHidden(once), once);
        if (!hasHidden(text)) assert.equal(once, text);
      }),
    );
  });

  it('takes time in proportion to the length', () => {
    // Backtracking over such a text would never end.
    const text = '👩\u200d'.repeat(50_000);
    assert.ok(showHidden(text).length > text.length);
  });
});

describe('showHiddenIn', () => {
  it('shows them in keys and values, at any depth, and leaves other objects alone', () => {
    const at = new Date(0);
    assert.deepEqual(
      showHiddenIn({ 'a\u202e': ['b\u200b', 1, null, { c: 'd\ufeff' }], at, none: undefined }),
      {
        'a[U+202E]': ['b[U+200B]', 1, null, { c: 'd[U+FEFF]' }],
        at,
        none: undefined,
      },
    );
  });
});
