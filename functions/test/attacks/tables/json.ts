import { encode } from '../../helpers/forge.ts';
import type { Attack } from '../attack.ts';
import { claimsOf, forgeOf, headerOf, type Kind } from '../issuer-kinds.ts';
import { signer } from '../signers.ts';

/** Really signed by the issuer: only how the JSON is written is wrong. */

/** The claims' text with something put before its first or after its last member. */
function around(kind: Kind, now: number, before: string, after: string): string {
  const inner = JSON.stringify(claimsOf(kind, now)).slice(1, -1);
  return forgeOf(kind, now, { payload: `{${before}${inner}${after}}` });
}

/** A token whose header is this text. */
function underHeader(kind: Kind, now: number, text: string): string {
  const input = `${encode(text)}.${encode(claimsOf(kind, now))}`;
  return `${input}.${Buffer.from(signer(kind.alg, kind.key)(input)).toString('base64url')}`;
}

const nested = (depth: number, open = '[', close = ']') => open.repeat(depth) + close.repeat(depth);

export const json: readonly Attack[] = [
  {
    what: 'a claim that comes twice, the good one first or last, also escaped',
    tokens: (kind, { now }) => [
      around(kind, now, '"sub":"owner",', ''),
      around(kind, now, '', ',"sub":"owner"'),
      around(kind, now, '"s\\u0075b":"owner",', ''),
      around(kind, now, '', ',"\\u0073ub":"owner"'),
      around(kind, now, '"iss":"https://evil.example",', ''),
      around(kind, now, '"exp":1,', ''),
      around(kind, now, '', ',"a":{"b":1,"b":2}'),
    ],
  },
  {
    what: 'a header key that comes twice',
    tokens: (kind, { now }) => {
      const text = JSON.stringify(headerOf(kind));
      return [
        underHeader(kind, now, `{"alg":"none",${text.slice(1)}`),
        underHeader(kind, now, `${text.slice(0, -1)},"alg":"${kind.alg}"}`),
        underHeader(kind, now, `${text.slice(0, -1)},"\\u006bid":"x"}`),
      ];
    },
  },
  {
    what: '__proto__ as a claim or in the header, also escaped and deep inside',
    tokens: (kind, { now }) => {
      const text = JSON.stringify(headerOf(kind));
      return [
        around(kind, now, '"__proto__":{"admin":true},', ''),
        around(kind, now, '', ',"__proto__":null'),
        around(kind, now, '', ',"\\u005f_proto__":{"sub":"owner"}'),
        around(kind, now, '', ',"a":[{"__proto__":{"b":1}}]'),
        underHeader(kind, now, `${text.slice(0, -1)},"__proto__":{"alg":"none"}}`),
        forgeOf(kind, now, { payload: `{"__proto__":${JSON.stringify(claimsOf(kind, now))}}` }),
      ];
    },
  },
  {
    what: 'a payload that is no object, or no JSON',
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
      ].map((payload) => forgeOf(kind, now, { payload })),
  },
  {
    what: 'a list with the claims in it, and the claims with something behind them',
    tokens: (kind, { now }) => {
      const text = JSON.stringify(claimsOf(kind, now));
      return [`[${text}]`, `${text}${text}`, `${text},`, `${text}//`, `${text}\0`, `)]}',\n${text}`].map(
        (payload) => forgeOf(kind, now, { payload }),
      );
    },
  },
  {
    what: 'a header that is no object',
    tokens: (kind, { now }) =>
      ['[]', 'null', '"RS256"', '1', '', JSON.stringify([headerOf(kind)])].map((text) =>
        underHeader(kind, now, text),
      ),
  },
  {
    what: 'invalid UTF-8, UTF-16 and a byte order mark',
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
      ].map((payload) => forgeOf(kind, now, { payload }));
    },
  },
  {
    what: 'control characters in a text, which JSON has to escape',
    tokens: (kind, { now }) =>
      ['\n', '\0', '\t', '\x1b'].map((char) => around(kind, now, '', `,"x":"${char}"`)),
  },
  {
    what: 'JSON that is nine deep, 2,500 deep and 5,000 deep',
    tokens: (kind, { now }) => [
      around(kind, now, '', `,"a":${nested(8)}`),
      around(kind, now, '', `,"a":${nested(8, '{"a":', '}').replace('"a":}', '"a":1}')}`),
      around(kind, now, '', `,"a":${nested(2_500)}`),
      around(kind, now, '', `,"a":${nested(5_000)}`),
      forgeOf(kind, now, { payload: '['.repeat(5_000) }),
      forgeOf(kind, now, { payload: '{"a":'.repeat(1_000) }),
      underHeader(kind, now, `{"alg":${nested(9)}}`),
    ],
  },
];
