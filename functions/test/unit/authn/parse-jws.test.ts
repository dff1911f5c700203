import assert from 'node:assert/strict';
import { FORBIDDEN_HEADER_KEYS, parseCompactJws } from '../../../src/authn/parse-jws.ts';
import { encode, forge } from '../../helpers/forge.ts';
import { assertRefused } from '../../helpers/refusal.ts';

const HEADER = { alg: 'RS256', kid: 'k1', typ: 'JWT' };
const PAYLOAD = { iss: 'https://issuer.example', sub: 'ada' };
const GOOD = forge(HEADER, PAYLOAD);
const [H, P, S] = GOOD.split('.') as [string, string, string];

const nested = (depth: number) => `{"a":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`;

/** A token of exactly `size` bytes. */
function tokenOfSize(size: number): string {
  const rest = size - H.length - P.length - 2;
  // 4n + 1 base64url characters do not exist, so the payload takes up the odd one.
  return rest % 4 === 1
    ? `${H}.${encode({ ...PAYLOAD, a: 1 })}.`.padEnd(size, 'A')
    : `${H}.${P}.`.padEnd(size, 'A');
}

describe('parseCompactJws', () => {
  it('returns header and payload of a well-formed token, marked as signed', () => {
    assert.deepEqual(parseCompactJws(GOOD), { raw: GOOD, header: HEADER, payload: PAYLOAD, signed: true });
  });

  it('marks a token of the Auth emulator as unsigned', () => {
    assert.equal(parseCompactJws(`${H}.${P}.`).signed, false);
  });

  it('accepts a token of 8 KiB', () => {
    const token = tokenOfSize(8192);
    assert.equal(token.length, 8192);
    assert.equal(parseCompactJws(token).raw, token);
  });

  it('accepts JSON with eight levels', () => {
    assert.deepEqual(Object.keys(parseCompactJws(forge(HEADER, nested(8))).payload), ['a']);
  });

  it('accepts the same key in different objects, and a key that is also a value', () => {
    const payload = '{"a":{"b":"a"},"c":[{"b":1},{"b":2}],"b":"b"}';
    assert.deepEqual(parseCompactJws(forge(HEADER, payload)).payload, JSON.parse(payload));
  });

  it('is not misled by braces, quotes and colons inside strings', () => {
    const payload = { a: '{"a":[[[[[[[[[[', b: '\\', c: '"a" :', 'd": {': '\\"' };
    assert.deepEqual(parseCompactJws(forge(HEADER, payload)).payload, payload);
  });

  it('keeps names of Object.prototype as ordinary claims', () => {
    const { payload } = parseCompactJws(forge(HEADER, '{"constructor":1,"toString":2}'));
    assert.deepEqual(Object.keys(payload), ['constructor', 'toString']);
  });
});

const last = (part: string) => part.slice(0, -1) + nextInAlphabet(part.at(-1) ?? '');
/** The neighbour in the base64url alphabet: differs in the last bit, which two of three lengths leave unused. */
function nextInAlphabet(char: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return alphabet.charAt(alphabet.indexOf(char) ^ 1);
}
/** A part in which the last character has unused bits. */
const unusedBits = encode('{"a":1}');

const FORM = 'not three parts';
const ENCRYPTED = 'encrypted token (JWE); request an audience, so that the issuer signs a token for this API';
const PAYLOAD_ENCODING = 'payload is not canonical base64url';
const SIGNATURE_ENCODING = 'signature is not canonical base64url';
const PAYLOAD_JSON = 'payload is not JSON';
const KEYS = 'payload has a forbidden or repeated key';

const malformed: readonly (readonly [what: string, token: string, reason: string])[] = [
  ['the empty string', '', FORM],
  ['one part', H, FORM],
  ['two parts', `${H}.${P}`, FORM],
  ['four parts', `${GOOD}.${S}`, FORM],
  ['four parts, the last empty', `${GOOD}.`, FORM],
  ['five parts', `${GOOD}.${S}.${S}`, ENCRYPTED],
  [
    'an encrypted token as Auth0 issues it',
    `${encode('{"alg":"dir","enc":"A256GCM"}')}..${S}.${P}.${S}`,
    ENCRYPTED,
  ],
  ['four dots', '....', ENCRYPTED],
  ['six parts', `${GOOD}.${S}.${S}.${S}`, FORM],
  ['8 KiB of dots', '.'.repeat(8192), FORM],
  ['a million dots', '.'.repeat(1_000_000), 'longer than 8 KiB'],
  ['8 KiB and one byte', tokenOfSize(8193), 'longer than 8 KiB'],
  ['an empty header', `.${P}.${S}`, 'header is not canonical base64url'],
  ['an empty payload', `${H}..${S}`, PAYLOAD_ENCODING],
  ['two dots', '..', 'header is not canonical base64url'],
  ['padding after the signature', `${GOOD}=`, SIGNATURE_ENCODING],
  ['double padding after the signature', `${GOOD}==`, SIGNATURE_ENCODING],
  ['padding after the payload', `${H}.${unusedBits}==.${S}`, PAYLOAD_ENCODING],
  ['a signature of padding only', `${H}.${P}.=`, SIGNATURE_ENCODING],
  ['a space before it', ` ${GOOD}`, 'header is not canonical base64url'],
  ['a space after it', `${GOOD} `, SIGNATURE_ENCODING],
  ['a line break after it', `${GOOD}\n`, SIGNATURE_ENCODING],
  ['a tab inside', `${H}.${P.slice(0, 4)}\t${P.slice(4)}.${S}`, PAYLOAD_ENCODING],
  ['a NUL after it', `${GOOD}\0`, SIGNATURE_ENCODING],
  ['a changed unused bit in the payload', `${H}.${last(unusedBits)}.${S}`, PAYLOAD_ENCODING],
  ['a changed unused bit in the signature', `${H}.${P}.${last(S)}`, SIGNATURE_ENCODING],
  ['a part of 4n + 1 characters', `${H}.${P}.AAAAA`, SIGNATURE_ENCODING],
  [
    'the standard alphabet',
    `${H}.${P}.${Buffer.from([251, 255, 254]).toString('base64')}`,
    SIGNATURE_ENCODING,
  ],
  ['a letter outside ASCII', `${H}.${P}.${S}é`, SIGNATURE_ENCODING],
  ['a percent escape', `${H}.${P}%2e${S}`, FORM],

  ['JSON with nine levels', forge(HEADER, nested(9)), 'payload is nested too deeply'],
  ['JSON with 2,500 levels', forge(HEADER, nested(2500)), 'payload is nested too deeply'],
  ['JSON with 5,000 levels', forge(HEADER, nested(5000)), 'longer than 8 KiB'],
  ['a header with nine levels', forge(`{"alg":${nested(8)}}`, PAYLOAD), 'header is nested too deeply'],
  ['a key twice', forge(HEADER, '{"aud":"a","aud":"b"}'), KEYS],
  ['a key twice, once escaped', forge(HEADER, '{"aud":"a","\\u0061ud":"b"}'), KEYS],
  ['a key twice, with white space', forge(HEADER, '{"aud" :"a","aud"\n\t:"b"}'), KEYS],
  ['a key twice, in a nested object', forge(HEADER, '{"a":[{"b":{"c":1,"c":2}}]}'), KEYS],
  ['a key twice, after a nested object', forge(HEADER, '{"a":1,"b":{"c":1},"a":2}'), KEYS],
  ['an escaped quote in a key twice', forge(HEADER, '{"a\\"":1,"a\\u0022":2}'), KEYS],
  [
    'a header key twice',
    forge('{"alg":"none","alg":"RS256"}', PAYLOAD),
    'header has a forbidden or repeated key',
  ],
  ['__proto__ as a claim', forge(HEADER, '{"__proto__":{"admin":true}}'), KEYS],
  ['__proto__ escaped', forge(HEADER, '{"\\u005f_proto__":1}'), KEYS],
  ['__proto__ in a nested object', forge(HEADER, '{"firebase":{"__proto__":{}}}'), KEYS],
  ['__proto__ in the header', forge('{"__proto__":1}', PAYLOAD), 'header has a forbidden or repeated key'],
  ['invalid UTF-8', forge(HEADER, Buffer.from('7b2261223a22ff227d', 'hex')), 'payload is not UTF-8'],
  ['overlong UTF-8', forge(HEADER, Buffer.from('7b2261223a22c0af227d', 'hex')), 'payload is not UTF-8'],
  [
    'a surrogate in UTF-8',
    forge(HEADER, Buffer.from('7b2261223a22eda080227d', 'hex')),
    'payload is not UTF-8',
  ],
  ['half a surrogate pair', forge(HEADER, '{"sub":"ada\\ud800"}'), 'payload is not well-formed Unicode'],
  ['half a pair in a key', forge(HEADER, '{"a":[{"\\udc00":1}]}'), 'payload is not well-formed Unicode'],
  ['half a pair in the header', forge('{"kid":"\\ud800"}', PAYLOAD), 'header is not well-formed Unicode'],
  ['UTF-16', forge(HEADER, Buffer.from('{"a":1}', 'utf16le')), PAYLOAD_JSON],
  ['a byte order mark', forge(HEADER, '\ufeff{"a":1}'), PAYLOAD_JSON],
  ['a comment', forge(HEADER, '{"a":1/**/}'), PAYLOAD_JSON],
  ['NaN', forge(HEADER, '{"exp":NaN}'), PAYLOAD_JSON],
  ['text after the object', forge(HEADER, '{"a":1}{}'), PAYLOAD_JSON],
  ['a payload that is an array', forge(HEADER, '[]'), 'payload is no object'],
  ['a payload that is null', forge(HEADER, 'null'), 'payload is no object'],
  ['a payload that is a string', forge(HEADER, '"{}"'), 'payload is no object'],
  ['a payload that is a number', forge(HEADER, '1'), 'payload is no object'],
  ['a header that is an array', forge('[]', PAYLOAD), 'header is no object'],
];

describe('parseCompactJws refuses', () => {
  for (const [what, token, reason] of malformed) {
    it(what, () => assertRefused(() => parseCompactJws(token), 'invalid_token', reason));
  }

  for (const key of [
    'jwk',
    'jku',
    'x5u',
    'x5c',
    'x5t',
    'crit',
    'b64',
    'zip',
    'cty',
    'ALG',
    'constructor',
    '',
  ]) {
    it(`a header with the key "${key}"`, async () => {
      const token = forge({ ...HEADER, [key]: 'https://evil.example/keys' }, PAYLOAD);
      await assertRefused(() => parseCompactJws(token), 'invalid_token', 'header-key-not-allowed');
    });
  }

  for (const key of FORBIDDEN_HEADER_KEYS) {
    it(`the header key "${key}" even if it is listed`, async () => {
      const token = forge({ ...HEADER, [key]: 'https://evil.example/keys' }, PAYLOAD);
      await assertRefused(
        () => parseCompactJws(token, () => [key]),
        'invalid_token',
        'header-key-not-allowed',
      );
    });
  }

  it('every header key that is not listed, in exactly this spelling', async () => {
    const token = forge({ ...HEADER, cat: 1, oiat: 2, 'pi.atm': '3' }, PAYLOAD);
    assert.equal(parseCompactJws(token, () => ['pi.atm', 'oiat', 'cat']).header.cat, 1);
    for (const listed of [
      ['cat', 'oiat'],
      ['cat', 'oiat', 'PI.ATM'],
      ['cat', 'oiat', 'pi'],
    ])
      await assertRefused(
        () => parseCompactJws(token, () => listed),
        'invalid_token',
        'header-key-not-allowed',
      );
  });
});
