import assert from 'node:assert/strict';
import fc from 'fast-check';
import { CLAIM_FORMATS, type ClaimReading, readClaim, shapeOf } from '../../../src/authz/claim-values.ts';

const MAPPED = ['a', 'b', 'CN=Staff,DC=example'];
const isMapped = (text: string) => MAPPED.includes(text);
const read = (claim: unknown, reading: Partial<ClaimReading> = {}) =>
  readClaim({ claim }, { path: ['claim'], format: 'list', ...reading }, isMapped);

describe('readClaim', () => {
  const readable: readonly (readonly [claim: unknown, reading: Partial<ClaimReading>, texts: string[]])[] = [
    [undefined, {}, []],
    [null, {}, []],
    [[], {}, []],
    ['', {}, ['']],
    ['a', {}, ['a']],
    ['other', {}, ['other']],
    ['CN=Staff,DC=example', {}, ['CN=Staff,DC=example']],
    [['a', 'b', 'a b', 'a,b'], {}, ['a', 'b', 'a b', 'a,b']],
    [[{ key: 'a' }, { key: 'b', x: 1 }], { property: 'key' }, ['a', 'b']],
    [{ key: 'a' }, { property: 'key' }, ['a']],
    ['a b', { format: 'space-separated' }, ['a', 'b']],
    ['  a   b ', { format: 'space-separated' }, ['a', 'b']],
    ['', { format: 'space-separated' }, []],
    [['a', 'b', 'a b'], { format: 'space-separated' }, ['a', 'b', 'a b']],
    ['a,b', { format: 'comma-separated' }, ['a', 'b']],
    ['[a, b]', { format: 'comma-separated' }, ['a', 'b']],
    ['[]', { format: 'comma-separated' }, []],
    ['a , , b', { format: 'comma-separated' }, ['a', 'b']],
    [['a', 'b', 'a,b'], { format: 'comma-separated' }, ['a', 'b', 'a,b']],
    ['["a","b"]', { format: 'json' }, ['a', 'b']],
    ['"a"', { format: 'json' }, ['a']],
    [['a', '["b"]'], { format: 'json' }, ['a', '["b"]']],
    ['[{"key":"a"}]', { format: 'json', property: 'key' }, ['a']],
    [{ a: { org: 'x' }, b: true }, { format: 'keys' }, ['a', 'b']],
    [{}, { format: 'keys' }, []],
  ];
  for (const [claim, reading, texts] of readable) {
    it(`reads ${JSON.stringify(claim)} as ${JSON.stringify(reading)}`, () => {
      assert.deepEqual(read(claim, reading), { texts });
    });
  }

  const unreadable: readonly (readonly [
    claim: unknown,
    reading: Partial<ClaimReading>,
    texts: string[],
    shape: string,
  ])[] = [
    [[{ key: 'a' }], {}, [], 'array of objects with keys: key'],
    [[{ key: 'a' }], { property: 'name' }, [], 'array of objects with keys: key'],
    [[{ key: 7 }], { property: 'key' }, [], 'array of objects with keys: key'],
    [['a', 7], {}, ['a'], 'array of strings and numbers'],
    [['a', { name: 'b' }], { property: 'name' }, ['b'], 'array of strings and objects with keys: name'],
    [[['a']], {}, [], 'array of arrays'],
    [7, {}, [], 'number'],
    [true, {}, [], 'boolean'],
    [{ a: true }, {}, [], 'object with 1 other key'],
    ['[a, b]', {}, ['[a, b]'], 'string that begins with ['],
    ['["a","b"]', {}, ['["a","b"]'], 'string that begins with ['],
    ['{"roles":["a"]}', {}, ['{"roles":["a"]}'], 'string that begins with {'],
    ['a,b', {}, ['a,b'], 'string with commas'],
    ['x b', {}, ['x b'], 'string with spaces'],
    ['a,x', { format: 'space-separated' }, ['a,x'], 'string with commas'],
    ['["a"]', { format: 'comma-separated' }, ['"a"'], 'string that begins with ['],
    ['[a, b]', { format: 'json' }, [], 'string that begins with ['],
    ['a,b', { format: 'json' }, [], 'string with commas'],
    ['{"key":"a"}', { format: 'json' }, [], 'string that begins with {'],
    [['a'], { format: 'keys' }, [], 'array of strings'],
    [['a', null], {}, ['a'], 'array of strings and nulls'],
    [{ name: 'a', x: 1, y: 2 }, {}, [], 'object with keys: name and 2 other keys'],
    ['a', { format: 'keys' }, [], 'string'],
  ];
  for (const [claim, reading, texts, shape] of unreadable) {
    it(`reports ${JSON.stringify(claim)} as ${JSON.stringify(reading)}`, () => {
      assert.deepEqual(read(claim, reading), { texts, unreadable: shape });
    });
  }

  it('follows a path, and reports a step that is no object', () => {
    const at = (payload: Record<string, unknown>) =>
      readClaim(payload, { path: ['realm', 'roles'], format: 'list' }, isMapped);
    assert.deepEqual(at({ realm: { roles: ['a'] } }), { texts: ['a'] });
    for (const payload of [{}, { realm: null }, { realm: {} }, { realm: { roles: null } }, { roles: ['a'] }])
      assert.deepEqual(at(payload), { texts: [] });
    assert.deepEqual(at({ realm: 'a' }), { texts: [], unreadable: 'string' });
    assert.deepEqual(at({ realm: ['a'] }), { texts: [], unreadable: 'array of strings' });
  });

  it('reads no inherited property', () => {
    assert.deepEqual(read([{}], { property: 'constructor' }).texts, []);
    assert.deepEqual(readClaim({}, { path: ['toString', 'name'], format: 'list' }, isMapped), { texts: [] });
    assert.deepEqual(read('[{"__proto__":"a"}]', { format: 'json', property: 'key' }).texts, []);
  });

  it('never puts a value, or a key that may be one, into a shape', () => {
    const secret = fc.string({ minLength: 12, maxLength: 20, unit: fc.constantFrom(...'XYZ0189,[{ \n"') });
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        secret,
        fc.array(tie('any'), { minLength: 1, maxLength: 3 }),
        fc.dictionary(secret, tie('any'), { minKeys: 1, maxKeys: 3 }),
      ),
    })).any;
    fc.assert(
      fc.property(value, fc.constantFrom(...CLAIM_FORMATS), (claim, format) => {
        const shape = read(claim, { format }).unreadable ?? shapeOf(claim);
        // The number of other keys is no part of a value.
        assert.doesNotMatch(shape.replace(/\d+ other keys/, ''), /[XYZ89,"\n]/);
        assert.ok(shape.length < 100);
      }),
    );
  });
});
