import fc from 'fast-check';
import { encode, forge } from '../helpers/forge.ts';
import { partsOf } from './attack.ts';
import { claimsOf, headerOf, type Kind, kinds } from './issuer-kinds.ts';
import { createKey, type IssuerKey, signer } from './signers.ts';

/** Ways to change a valid token, each described by what fast-check can make, shrink and repeat. */

/** A valid token of each kind, in the order of `kinds`. */
export type Good = readonly string[];
export type Mutation = (good: Good, now: number) => string;

const which = fc.nat({ max: kinds.length - 1 });
const part = fc.nat({ max: 2 });
const ratio = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
const at = (text: { length: number }, where: number) => Math.floor(where * text.length);
const kindOf = (index: number): Kind => {
  const kind = kinds[index];
  if (kind === undefined) throw new Error(`no kind ${index}`);
  return kind;
};

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ \t\n\0%"';
const char = fc.constantFrom(...ALPHABET);

/** Characters of the token changed, put in, taken out or doubled. */
const edit = fc.record({
  where: ratio,
  how: fc.constantFrom('replace', 'insert', 'delete', 'double', 'swap'),
  char,
});
const edited = fc.record({ which, edits: fc.array(edit, { minLength: 1, maxLength: 4 }) }).map(
  ({ which, edits }): Mutation =>
    (good) =>
      edits.reduce((token, { where, how, char }) => {
        const index = at(token, where);
        const [before, here, after] = [token.slice(0, index), token.charAt(index), token.slice(index + 1)];
        if (how === 'replace') return before + char + after;
        if (how === 'insert') return before + char + here + after;
        if (how === 'delete') return before + after;
        return how === 'double'
          ? before + here + here + after
          : before + after.charAt(0) + here + after.slice(1);
      }, good[which] ?? ''),
);

/** One to three bits of what a part stands for: its spelling stays right, so that the check behind has to see it. */
const flipped = fc.record({ which, part, bits: fc.array(ratio, { minLength: 1, maxLength: 3 }) }).map(
  ({ which, part, bits }): Mutation =>
    (good) => {
      const parts: string[] = [...partsOf(good[which] ?? '')];
      const bytes = Buffer.from(parts[part] ?? '', 'base64url');
      for (const bit of bits) {
        const index = at({ length: bytes.length * 8 }, bit);
        bytes[index >> 3] = (bytes[index >> 3] ?? 0) ^ (1 << (index & 7));
      }
      return parts.with(part, bytes.toString('base64url')).join('.');
    },
);

/** Header, payload and signature of different tokens. */
const swapped = fc.tuple(which, which, which).map(
  ([a, b, c]): Mutation =>
    (good) =>
      `${partsOf(good[a] ?? '')[0]}.${partsOf(good[b] ?? '')[1]}.${partsOf(good[c] ?? '')[2]}`,
);

/** The beginning of one token and the end of another. */
const spliced = fc.record({ a: which, b: which, from: ratio, to: ratio }).map(
  ({ a, b, from, to }): Mutation =>
    (good) => {
      const [first, second] = [good[a] ?? '', good[b] ?? ''];
      return first.slice(0, at(first, from)) + second.slice(at(second, to));
    },
);

const ENCODINGS = [
  'base64',
  'hex',
  'latin1',
  'utf8',
  'utf16le',
  'twice',
  'percent',
  'padded',
  'lower',
] as const;
/** A part in another encoding. */
const reencoded = fc.record({ which, part, encoding: fc.constantFrom(...ENCODINGS) }).map(
  ({ which, part, encoding }): Mutation =>
    (good) => {
      const parts: string[] = [...partsOf(good[which] ?? '')];
      return parts.with(part, reencode(parts[part] ?? '', encoding)).join('.');
    },
);

function reencode(text: string, encoding: (typeof ENCODINGS)[number]): string {
  const bytes = Buffer.from(text, 'base64url');
  if (encoding === 'twice') return encode(text);
  if (encoding === 'percent') return encodeURIComponent(bytes.toString('base64'));
  if (encoding === 'padded') return `${text}${'='.repeat(1 + (text.length % 3))}`;
  if (encoding === 'lower') return text.toLowerCase();
  return bytes.toString(encoding);
}

const CLAIMS = [
  'iss',
  'sub',
  'aud',
  'exp',
  'iat',
  'nbf',
  'auth_time',
  'client_id',
  'azp',
  'token_use',
  'scope',
  'roles',
  'x',
];
const HEADER = ['alg', 'kid', 'typ', 'cty', 'jwk', 'crit', 'zip', 'x'];
const numbers = fc.oneof(
  fc.maxSafeInteger(),
  fc.double(),
  fc.integer({ min: 1_700_000_000, max: 1_900_000_000 }),
);
const texts = fc.oneof(
  fc.constantFrom(
    '',
    'none',
    'HS256',
    'RS256',
    'PS256',
    'ES256',
    'EdDSA',
    'JWT',
    'at+jwt',
    'access',
    'id',
    'member',
  ),
  fc.constantFrom(...kinds.flatMap(({ issuer, audience, key }) => [issuer, audience, key.kid])),
  fc.string({ unit: 'binary', maxLength: 40 }),
);
const value = fc.oneof(
  numbers,
  texts,
  fc.array(texts, { maxLength: 3 }),
  fc.jsonValue({ maxDepth: 3 }),
  fc.constant(undefined),
);
const changesOf = (names: readonly string[]) =>
  fc.dictionary(
    fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...names) }, { weight: 1, arbitrary: fc.string() }),
    value,
    {
      minKeys: 1,
      maxKeys: 3,
      noNullPrototype: true,
    },
  );

/** Other claims or another header, under the old signature. */
const rewritten = fc.record({ which, header: fc.option(changesOf(HEADER)), claims: changesOf(CLAIMS) }).map(
  ({ which, header, claims }): Mutation =>
    (good, now) => {
      const kind = kindOf(which);
      const [head, , signature] = partsOf(good[which] ?? '');
      return `${header === null ? head : encode({ ...headerOf(kind), ...header })}.${encode({ ...claimsOf(kind, now), ...claims })}.${signature}`;
    },
);

const strangers: Readonly<Record<Kind['alg'], IssuerKey>> = {
  RS256: createKey('RSA', 'stranger'),
  PS256: createKey('RSA', 'stranger'),
  ES256: createKey('P-256', 'stranger'),
  EdDSA: createKey('Ed25519', 'stranger'),
};

/** Really signed, by a key that the issuer does not have: a stranger's or another issuer's. */
const forged = fc
  .record({
    which,
    by: fc.option(which),
    changes: fc.option(changesOf(CLAIMS)),
    header: fc.option(changesOf(HEADER), { freq: 1 }),
  })
  .map(
    ({ which, by, changes, header }): Mutation =>
      (_good, now) => {
        const kind = kindOf(which);
        const other = by === null ? undefined : kindOf(by);
        const isUsable = other?.alg === kind.alg && other.key.privateKey !== kind.key.privateKey;
        const key = isUsable ? other.key : strangers[kind.alg];
        return forge(
          { ...headerOf(kind), ...header },
          { ...claimsOf(kind, now), ...changes },
          signer(kind.alg, key),
        );
      },
  );

const cut = fc.record({ which, from: ratio, to: ratio }).map(
  ({ which, from, to }): Mutation =>
    (good) => {
      const token = good[which] ?? '';
      return from < 0.5 ? token.slice(0, at(token, to)) : token.slice(at(token, from), at(token, to));
    },
);

const unicode = fc
  .record({ which, where: ratio, text: fc.string({ unit: 'binary', minLength: 1, maxLength: 8 }) })
  .map(
    ({ which, where, text }): Mutation =>
      (good) => {
        const token = good[which] ?? '';
        return token.slice(0, at(token, where)) + text + token.slice(at(token, where));
      },
  );

/** Nothing of a token but its shape. */
const noise = fc
  .array(fc.oneof(fc.string({ unit: 'binary' }), fc.json(), fc.uint8Array({ maxLength: 300 })), {
    maxLength: 4,
  })
  .map(
    (parts): Mutation =>
      () =>
        parts.map((one) => encode(one)).join('.'),
  );

export const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  ...[
    { weight: 5, arbitrary: edited },
    { weight: 6, arbitrary: flipped },
    { weight: 3, arbitrary: swapped },
    { weight: 2, arbitrary: spliced },
    { weight: 2, arbitrary: reencoded },
    { weight: 4, arbitrary: rewritten },
    { weight: 3, arbitrary: forged },
    { weight: 1, arbitrary: cut },
    { weight: 1, arbitrary: unicode },
    { weight: 1, arbitrary: noise },
  ],
);
