import { EncryptJWT } from 'jose';
import { dummySignature, encode, forge } from '../../helpers/forge.ts';
import { type Attack, isRsa, partsOf } from '../attack.ts';
import { claimsOf, forgeOf, headerOf } from '../issuer-kinds.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
/** Differs in the last bit, which two of three lengths leave unused. */
const neighbour = (part: string) =>
  part.slice(0, -1) + ALPHABET.charAt(ALPHABET.indexOf(part.at(-1) ?? '') ^ 1);

/** A part of 4n + 2 or 4n + 3 characters has unused bits. */
const isLoose = (part: string) => part.length % 4 > 1;

/** A good token, of a length that leaves unused bits in the part at `index`. */
function loosened(good: string, index: number): string[] {
  const parts: string[] = [...partsOf(good)];
  const part = parts[index] ?? '';
  return isLoose(part) ? [parts.with(index, neighbour(part)).join('.')] : [];
}

export const spellings: readonly Attack[] = [
  {
    what: 'a good token with padding',
    tokens: (_kind, { good }) => {
      const [h, p, s] = partsOf(good);
      return [
        `${good}=`,
        `${good}==`,
        `${h}=.${p}.${s}`,
        `${h}.${p}==.${s}`,
        `${h}.${p}.${s}%3D`,
        `${good}.=`,
      ];
    },
  },
  {
    what: 'a good token with white space or a control character in it',
    tokens: (_kind, { good }) => {
      const [h, p, s] = partsOf(good);
      const blanks = [' ', '\t', '\n', '\r\n', '\0', '\u00a0', '\u200b', '\ufeff', '\v', '\f', '\u2028'];
      return blanks.flatMap((blank) => [
        `${blank}${good}`,
        `${good}${blank}`,
        `${h}${blank}.${p}.${s}`,
        `${h}.${blank}${p}.${s}`,
        `${h}.${p.slice(0, 8)}${blank}${p.slice(8)}.${s}`,
      ]);
    },
  },
  {
    what: 'a good token with an unused bit changed',
    tokens: async (kind, { good, now }) => [
      ...loosened(good, 0),
      ...loosened(good, 1),
      ...loosened(good, 2),
      // Of three tokens whose claims are a byte longer each, two have such bits in the payload.
      ...['', 'x', 'xx'].flatMap((jti) => loosened(forgeOf(kind, now, { claims: { jti } }), 1)),
    ],
  },
  {
    what: 'a good token in the standard base64 alphabet, percent-encoded, quoted or in another casing',
    tokens: (kind, { good, now }) => {
      const [h, p, s] = partsOf(forgeOf(kind, now, { claims: { jti: '\u07ff\u07fe~~~???>>>' } }));
      const standard = (part: string) => part.replaceAll('-', '+').replaceAll('_', '/');
      return [
        `${h}.${standard(p)}.${s}`,
        good.replaceAll('.', '%2E'),
        good.replace('.', '%2e'),
        `"${good}"`,
        `'${good}'`,
        `${good};`,
        `Bearer ${good}`,
        `${good},${good}`,
        `${good}, Bearer ${good}`,
        good.toUpperCase(),
        good.toLowerCase(),
        good.split('').reverse().join(''),
        good.replaceAll('.', '\u3002'),
        good.replaceAll('.', '\uff0e'),
      ];
    },
  },
  {
    what: 'one, two, four or five parts, and empty ones',
    tokens: (_kind, { good }) => {
      const [h, p, s] = partsOf(good);
      return [
        ...[
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
          `.${good}`,
        ],
        ...[
          `${good}.`,
          `${good}..`,
          `${good}.${s}`,
          `${good}.${p}.${s}`,
          `${h}..${p}.${s}`,
          `${h}.${p}.${s}.`,
          `${p}.${h}.${s}`,
        ],
      ];
    },
  },
  {
    what: 'a million dots, and 8 KiB of them',
    tokens: () => ['.'.repeat(1_000_000), '.'.repeat(8192), '.'.repeat(8193)],
  },
  {
    what: 'a token of 8 KiB and a byte, though its issuer signed it',
    tokens: (kind, { now }) => {
      const spare = (length: number) => forgeOf(kind, now, { claims: { pad: 'x'.repeat(length) } });
      const over = (length: number): string =>
        spare(length).length > 8192 ? spare(length) : over(length + 1);
      return [over(5_200), spare(9_000), spare(60_000)];
    },
  },
  {
    what: 'a token in the form of JSON (RFC 7515 §7.2)',
    tokens: (_kind, { good }) => {
      const [header, payload, signature] = partsOf(good);
      return [
        JSON.stringify({ payload, protected: header, signature }),
        JSON.stringify({ payload, signatures: [{ protected: header, signature }] }),
        encode(JSON.stringify({ payload, protected: header, signature })),
      ];
    },
  },
  {
    what: 'an encrypted token (RFC 7516), though it is for the issuer’s own key',
    against: isRsa,
    tokens: async (kind, { now }) => [
      await new EncryptJWT(claimsOf(kind, now))
        .setProtectedHeader({ ...headerOf(kind), alg: 'RSA-OAEP-256', enc: 'A256GCM' })
        .encrypt(kind.key.publicKey),
    ],
  },
  {
    what: 'a token within a token (RFC 7519 §5.2)',
    tokens: (kind, { good, now }) => [
      forgeOf(kind, now, { header: { cty: 'JWT' }, payload: good }),
      forgeOf(kind, now, { payload: good }),
      forge(headerOf(kind), JSON.stringify(good), dummySignature),
      forgeOf(kind, now, { payload: JSON.stringify({ jwt: good }) }),
    ],
  },
];
