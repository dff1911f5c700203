import { EncryptJWT } from 'jose';
import { dummySignature, encode, forge } from '../../helpers/forge.ts';
import { type Attack, isRsa, splitToken } from '../attack.ts';
import { claimsOf, forgeToken, headerOf } from '../token-kinds.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
/** The part with its last bit changed. The bit is unused unless the length is a multiple of four. */
const flipLastBit = (part: string) =>
  part.slice(0, -1) + ALPHABET.charAt(ALPHABET.indexOf(part.at(-1) ?? '') ^ 1);

/** A part of 4n + 2 or 4n + 3 characters has unused bits. */
const hasUnusedBits = (part: string) => part.length % 4 > 1;

/** The token with an unused bit of the part at `index` changed; nothing if that part has no unused bits. */
function flipUnusedBit(token: string, index: number): string[] {
  const parts: string[] = [...splitToken(token)];
  const part = parts[index] ?? '';
  return hasUnusedBits(part) ? [parts.with(index, flipLastBit(part)).join('.')] : [];
}

export const tokenMalleability: readonly Attack[] = [
  {
    name: 'a valid token with base64 padding',
    tokens: (_kind, { validToken }) => {
      const [h, p, s] = splitToken(validToken);
      return [
        `${validToken}=`,
        `${validToken}==`,
        `${h}=.${p}.${s}`,
        `${h}.${p}==.${s}`,
        `${h}.${p}.${s}%3D`,
        `${validToken}.=`,
      ];
    },
  },
  {
    name: 'a valid token with white space or a control character',
    tokens: (_kind, { validToken }) => {
      const [h, p, s] = splitToken(validToken);
      const blanks = [' ', '\t', '\n', '\r\n', '\0', '\u00a0', '\u200b', '\ufeff', '\v', '\f', '\u2028'];
      return blanks.flatMap((blank) => [
        `${blank}${validToken}`,
        `${validToken}${blank}`,
        `${h}${blank}.${p}.${s}`,
        `${h}.${blank}${p}.${s}`,
        `${h}.${p.slice(0, 8)}${blank}${p.slice(8)}.${s}`,
      ]);
    },
  },
  {
    name: 'non-canonical base64url (a valid token, unused bit changed)',
    tokens: async (kind, { validToken, now }) => [
      ...flipUnusedBit(validToken, 0),
      ...flipUnusedBit(validToken, 1),
      ...flipUnusedBit(validToken, 2),
      // Three payloads, each a byte longer than the one before: two of them have unused bits.
      ...['', 'x', 'xx'].flatMap((jti) => flipUnusedBit(forgeToken(kind, now, { claims: { jti } }), 1)),
    ],
  },
  {
    name: 'a valid token in another encoding, in quotes or another case',
    tokens: (kind, { validToken, now }) => {
      const [h, p, s] = splitToken(forgeToken(kind, now, { claims: { jti: '\u07ff\u07fe~~~???>>>' } }));
      const standard = (part: string) => part.replaceAll('-', '+').replaceAll('_', '/');
      return [
        `${h}.${standard(p)}.${s}`,
        validToken.replaceAll('.', '%2E'),
        validToken.replace('.', '%2e'),
        `"${validToken}"`,
        `'${validToken}'`,
        `${validToken};`,
        `Bearer ${validToken}`,
        `${validToken},${validToken}`,
        `${validToken}, Bearer ${validToken}`,
        validToken.toUpperCase(),
        validToken.toLowerCase(),
        validToken.split('').reverse().join(''),
        validToken.replaceAll('.', '\u3002'),
        validToken.replaceAll('.', '\uff0e'),
      ];
    },
  },
  {
    name: 'one, two, four or five parts, or empty parts',
    tokens: (_kind, { validToken }) => {
      const [h, p, s] = splitToken(validToken);
      return [
        '',
        '.',
        '..',
        '...',
        '....',
        h,
        p,
        s,
        `${h}.${p}`,
        `${p}.${s}`,
        `.${p}.${s}`,
        `${h}..${s}`,
        `.${validToken}`,
        `${validToken}.`,
        `${validToken}..`,
        `${validToken}.${s}`,
        `${validToken}.${p}.${s}`,
        `${h}..${p}.${s}`,
        `${h}.${p}.${s}.`,
        `${p}.${h}.${s}`,
      ];
    },
  },
  {
    name: 'a million dots, or 8 KiB of dots',
    tokens: () => ['.'.repeat(1_000_000), '.'.repeat(8192), '.'.repeat(8193)],
  },
  {
    name: 'a token over 8 KiB, signed by the issuer',
    tokens: (kind, { now }) => {
      const spare = (length: number) => forgeToken(kind, now, { claims: { pad: 'x'.repeat(length) } });
      const over = (length: number): string =>
        spare(length).length > 8192 ? spare(length) : over(length + 1);
      return [over(5_200), spare(9_000), spare(60_000)];
    },
  },
  {
    name: 'JWS JSON serialization (RFC 7515 §7.2)',
    tokens: (_kind, { validToken }) => {
      const [header, payload, signature] = splitToken(validToken);
      return [
        JSON.stringify({ payload, protected: header, signature }),
        JSON.stringify({ payload, signatures: [{ protected: header, signature }] }),
        encode(JSON.stringify({ payload, protected: header, signature })),
      ];
    },
  },
  {
    name: 'an encrypted token (JWE, RFC 7516)',
    appliesTo: isRsa,
    tokens: async (kind, { now }) => [
      await new EncryptJWT(claimsOf(kind, now))
        .setProtectedHeader({ ...headerOf(kind), alg: 'RSA-OAEP-256', enc: 'A256GCM' })
        .encrypt(kind.key.publicKey),
    ],
  },
  {
    name: 'a nested JWT (RFC 7519 §5.2)',
    tokens: (kind, { validToken, now }) => [
      forgeToken(kind, now, { header: { cty: 'JWT' }, payload: validToken }),
      forgeToken(kind, now, { payload: validToken }),
      forge(headerOf(kind), JSON.stringify(validToken), dummySignature),
      forgeToken(kind, now, { payload: JSON.stringify({ jwt: validToken }) }),
    ],
  },
];
