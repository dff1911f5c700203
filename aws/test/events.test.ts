import assert from 'node:assert/strict';
import { authorizationLines, readMethodArn, splitLines } from '../src/events.ts';

describe('the Authorization lines of an event', () => {
  const cases: [string, Parameters<typeof authorizationLines>[0], string[]][] = [
    ['are none without headers', {}, []],
    ['are none with empty ones, as the console sends', { headers: null, multiValueHeaders: null }, []],
    ['are found in any casing', { headers: { AUTHORIZATION: 'Bearer a' } }, ['Bearer a']],
    [
      'are found under several casings',
      { headers: { Authorization: 'Bearer a', authorization: 'Bearer b' } },
      ['Bearer a', 'Bearer b'],
    ],
    [
      'are all of them, where headers has only the last',
      {
        headers: { Authorization: 'Bearer b' },
        multiValueHeaders: { Authorization: ['Bearer a', 'Bearer b'] },
      },
      ['Bearer a', 'Bearer b'],
    ],
    [
      'are one, where both maps have the same',
      { headers: { authorization: 'Bearer a' }, multiValueHeaders: { authorization: ['Bearer a'] } },
      ['Bearer a'],
    ],
    [
      'come from headers where the other map has none',
      { headers: { authorization: 'Bearer a' }, multiValueHeaders: { accept: ['*/*'] } },
      ['Bearer a'],
    ],
    ['are split at commas', { headers: { authorization: 'Bearer a,Bearer b' } }, ['Bearer a', 'Bearer b']],
    ['are not read under other names', { headers: { 'x-authorization': 'Bearer a' } }, []],
    ['are none for a name without a value', { headers: { authorization: undefined } }, []],
  ];
  for (const [sentence, event, lines] of cases) {
    it(sentence, () => assert.deepEqual(authorizationLines(event), lines));
  }

  it('are two for two credentials in one value', () => {
    assert.deepEqual(splitLines('Bearer a , Bearer b'), ['Bearer a', 'Bearer b']);
  });
});

describe('the ARN of a method', () => {
  const api = 'arn:aws:execute-api:us-east-1:123456789012:abcdef123/test';

  it('is parsed into method and path', () => {
    assert.deepEqual(readMethodArn(`${api}/GET/notes/1`), { method: 'GET', path: '/notes/1' });
    assert.deepEqual(readMethodArn(`${api}/GET/`), { method: 'GET', path: '/' });
    assert.deepEqual(readMethodArn(`${api}/GET`), { method: 'GET', path: '/' });
  });

  it('is read in other partitions, and for the default stage', () => {
    const china = 'arn:aws-cn:execute-api:cn-north-1:123456789012:abcdef123/$default';
    assert.deepEqual(readMethodArn(`${china}/POST/a`), { method: 'POST', path: '/a' });
  });

  it('keeps every character of the path', () => {
    for (const path of ['/*', '/?', '/a/../b', '/notes/*/GET/x', '/a\nb', '/$' + '{aws:username}']) {
      assert.deepEqual(readMethodArn(`${api}/GET${path}`), { method: 'GET', path });
    }
  });

  for (const arn of [
    '',
    '*',
    'arn:aws:execute-api:us-east-1:123456789012:*/test/GET/a',
    'arn:aws:execute-api:us-east-1:123456789012:abcdef123/*/GET/a',
    'arn:aws:execute-api:us-east-1:123456789012:abcdef123/te?t/GET/a',
    'arn:aws:execute-api:us-east-1:123456789012:abcdef123/test/*/a',
    'arn:aws:lambda:us-east-1:123456789012:abcdef123/test/GET/a',
    'arn:aws:execute-api:us-east-1:123456789012:abcdef123',
  ]) {
    it(`is refused as ${JSON.stringify(arn)}`, () => {
      assert.throws(() => readMethodArn(arn), /names no method/);
    });
  }
});
