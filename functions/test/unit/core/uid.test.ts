import assert from 'node:assert/strict';
import { isUid } from '../../../src/core/uid.ts';

describe('isUid', () => {
  for (const id of [
    'a',
    'a'.repeat(128),
    '😀'.repeat(64),
    'ä',
    'a b',
    '...',
    '.a',
    '__a',
    'a__',
    'שלום',
    'مرحبا',
    '👍🏽',
  ]) {
    it(`accepts ${JSON.stringify(id.slice(0, 12))} of ${id.length}`, () => assert.equal(isUid(id), true));
  }

  const wrong = [
    '',
    'a'.repeat(129),
    '😀'.repeat(65),
    'a/b',
    '/',
    'a\0',
    'a\n',
    'a\r',
    'a\u001b[31m',
    'a\u0085',
    '\u007f',
    // Firestore reserves these names: a user with such an id could not have an entry.
    '.',
    '..',
    '____',
    '__a__',
    '__proto__',
    '__😀__',
    'eve\u202e',
    'a\u2066b\u2069',
    'a\u200bda',
    'ada\u2028',
    '\ufeffada',
    'ada\u{e0041}',
    'ada\u200d',
    'a\u00adda',
    'ada\u3164',
    '\ud800',
    'ada\udfff',
  ];
  for (const id of [...wrong, undefined, null, 1, ['a'], { length: 1 }]) {
    it(`refuses ${JSON.stringify(id)?.slice(0, 20)}`, () => assert.equal(isUid(id), false));
  }
});
