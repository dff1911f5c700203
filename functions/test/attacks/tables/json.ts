import { encode } from '../../helpers/forge.ts';
import type { Attack } from '../attack.ts';
import { signer } from '../signers.ts';
import { claimsOf, forgeToken, headerOf, type TokenKind } from '../token-kinds.ts';

/** Signed by the issuer. Only the JSON is invalid or ambiguous. */

/** A token with JSON text inserted before the first or after the last claim. */
function insertJson(kind: TokenKind, now: number, before: string, after: string): string {
  const inner = JSON.stringify(claimsOf(kind, now)).slice(1, -1);
  return forgeToken(kind, now, { payload: `{${before}${inner}${after}}` });
}

/** A token with this text as header. */
function withHeaderText(kind: TokenKind, now: number, text: string): string {
  const input = `${encode(text)}.${encode(claimsOf(kind, now))}`;
  return `${input}.${Buffer.from(signer(kind.alg, kind.key)(input)).toString('base64url')}`;
}

const nested = (depth: number, open = '[', close = ']') => open.repeat(depth) + close.repeat(depth);

export const json: readonly Attack[] = [
  {
    name: 'duplicate JSON keys in the claims, also escaped',
    tokens: (kind, { now }) => [
      insertJson(kind, now, '"sub":"owner",', ''),
      insertJson(kind, now, '', ',"sub":"owner"'),
      insertJson(kind, now, '"s\\u0075b":"owner",', ''),
      insertJson(kind, now, '', ',"\\u0073ub":"owner"'),
      insertJson(kind, now, '"iss":"https://evil.example",', ''),
      insertJson(kind, now, '"exp":1,', ''),
      insertJson(kind, now, '', ',"a":{"b":1,"b":2}'),
    ],
  },
  {
    name: 'duplicate JSON keys in the header, also escaped',
    tokens: (kind, { now }) => {
      const text = JSON.stringify(headerOf(kind));
      return [
        withHeaderText(kind, now, `{"alg":"none",${text.slice(1)}`),
        withHeaderText(kind, now, `${text.slice(0, -1)},"alg":"${kind.alg}"}`),
        withHeaderText(kind, now, `${text.slice(0, -1)},"\\u006bid":"x"}`),
      ];
    },
  },
  {
    name: '__proto__ as a JSON key in claims or header, also escaped',
    tokens: (kind, { now }) => {
      const text = JSON.stringify(headerOf(kind));
      return [
        insertJson(kind, now, '"__proto__":{"admin":true},', ''),
        insertJson(kind, now, '', ',"__proto__":null'),
        insertJson(kind, now, '', ',"\\u005f_proto__":{"sub":"owner"}'),
        insertJson(kind, now, '', ',"a":[{"__proto__":{"b":1}}]'),
        withHeaderText(kind, now, `${text.slice(0, -1)},"__proto__":{"alg":"none"}}`),
        forgeToken(kind, now, { payload: `{"__proto__":${JSON.stringify(claimsOf(kind, now))}}` }),
      ];
    },
  },
  {
    name: 'a payload that is not a JSON object',
    tokens: (kind, { now }) =>
      [
        '[]',
        '"text"',
        'null',
        'true',
        '1',
        '',
        ' ',
        '{',
        '{}}',
        '{"a":1',
        "{'a':1}",
        '{"a":1,}',
        '{a:1}',
        'NaN',
        'undefined',
      ].map((payload) => forgeToken(kind, now, { payload })),
  },
  {
    name: 'claims in an array, or followed by other text',
    tokens: (kind, { now }) => {
      const text = JSON.stringify(claimsOf(kind, now));
      return [`[${text}]`, `${text}${text}`, `${text},`, `${text}//`, `${text}\0`, `)]}',\n${text}`].map(
        (payload) => forgeToken(kind, now, { payload }),
      );
    },
  },
  {
    name: 'a header that is not a JSON object',
    tokens: (kind, { now }) =>
      ['[]', 'null', '"RS256"', '1', '', JSON.stringify([headerOf(kind)])].map((text) =>
        withHeaderText(kind, now, text),
      ),
  },
  {
    name: 'invalid UTF-8, UTF-16, or a byte order mark',
    tokens: (kind, { now }) => {
      const text = JSON.stringify(claimsOf(kind, now));
      const withByte = (...bytes: number[]) =>
        Buffer.concat([Buffer.from(`${text.slice(0, -1)},"x":"`), Buffer.from(bytes), Buffer.from('"}')]);
      return [
        withByte(0xff),
        withByte(0xc0, 0xaf),
        withByte(0xed, 0xa0, 0x80),
        withByte(0xf4, 0x90, 0x80, 0x80),
        withByte(0xe2, 0x82),
        Buffer.from(text, 'utf16le'),
        Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(text)]),
        `${String.fromCharCode(0xfeff)}${text}`,
      ].map((payload) => forgeToken(kind, now, { payload }));
    },
  },
  {
    name: 'unescaped control characters in a JSON string',
    tokens: (kind, { now }) =>
      ['\n', '\0', '\t', '\x1b'].map((char) => insertJson(kind, now, '', `,"x":"${char}"`)),
  },
  {
    name: 'JSON nested 9, 2,500 or 5,000 levels deep',
    tokens: (kind, { now }) => [
      insertJson(kind, now, '', `,"a":${nested(8)}`),
      insertJson(kind, now, '', `,"a":${nested(8, '{"a":', '}').replace('"a":}', '"a":1}')}`),
      insertJson(kind, now, '', `,"a":${nested(2_500)}`),
      insertJson(kind, now, '', `,"a":${nested(5_000)}`),
      forgeToken(kind, now, { payload: '['.repeat(5_000) }),
      forgeToken(kind, now, { payload: '{"a":'.repeat(1_000) }),
      withHeaderText(kind, now, `{"alg":${nested(9)}}`),
    ],
  },
];
