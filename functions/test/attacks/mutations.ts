import fc from 'fast-check';
import { encode, forge } from '../helpers/forge.ts';
import { splitToken } from './attack.ts';
import { createKey, type IssuerKey, signer } from './signers.ts';
import { claimsOf, headerOf, type TokenKind, tokenKinds } from './token-kinds.ts';

/** Mutations of valid tokens as fast-check arbitraries, so that a failure can be shrunk and repeated. */

/** A valid token of each kind, in the order of `tokenKinds`. */
export type ValidTokens = readonly string[];
export type Mutation = (validTokens: ValidTokens, now: number) => string;

const kindIndex = fc.nat({ max: tokenKinds.length - 1 });
const partIndex = fc.nat({ max: 2 });
const position = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
const indexAt = (text: { length: number }, where: number) => Math.floor(where * text.length);
const kindAt = (index: number): TokenKind => {
  const kind = tokenKinds[index];
  if (kind === undefined) throw new Error(`no kind ${index}`);
  return kind;
};

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ \t\n\0%"';
const char = fc.constantFrom(...ALPHABET);

/** Characters replaced, inserted, deleted, doubled or swapped. */
const edit = fc.record({
  where: position,
  how: fc.constantFrom('replace', 'insert', 'delete', 'double', 'swap'),
  char,
});
const characterEdits = fc.record({ kindIndex, edits: fc.array(edit, { minLength: 1, maxLength: 4 }) }).map(
  ({ kindIndex, edits }): Mutation =>
    (validTokens) =>
      edits.reduce((token, { where, how, char }) => {
        const index = indexAt(token, where);
        const [before, here, after] = [token.slice(0, index), token.charAt(index), token.slice(index + 1)];
        if (how === 'replace') return before + char + after;
        if (how === 'insert') return before + char + here + after;
        if (how === 'delete') return before + after;
        return how === 'double'
          ? before + here + here + after
          : before + after.charAt(0) + here + after.slice(1);
      }, validTokens[kindIndex] ?? ''),
);

/** One to three bits of a decoded part. The base64url stays canonical, so that a later check must refuse the token. */
const bitFlips = fc
  .record({ kindIndex, partIndex, bits: fc.array(position, { minLength: 1, maxLength: 3 }) })
  .map(
    ({ kindIndex, partIndex, bits }): Mutation =>
      (validTokens) => {
        const parts: string[] = [...splitToken(validTokens[kindIndex] ?? '')];
        const bytes = Buffer.from(parts[partIndex] ?? '', 'base64url');
        for (const bit of bits) {
          const index = indexAt({ length: bytes.length * 8 }, bit);
          bytes[index >> 3] = (bytes[index >> 3] ?? 0) ^ (1 << (index & 7));
        }
        return parts.with(partIndex, bytes.toString('base64url')).join('.');
      },
  );

/** Header, payload and signature of different tokens. */
const swappedParts = fc.tuple(kindIndex, kindIndex, kindIndex).map(
  ([a, b, c]): Mutation =>
    (validTokens) =>
      `${splitToken(validTokens[a] ?? '')[0]}.${splitToken(validTokens[b] ?? '')[1]}.${splitToken(validTokens[c] ?? '')[2]}`,
);

/** The beginning of one token and the end of another. */
const splices = fc.record({ a: kindIndex, b: kindIndex, from: position, to: position }).map(
  ({ a, b, from, to }): Mutation =>
    (validTokens) => {
      const [first, second] = [validTokens[a] ?? '', validTokens[b] ?? ''];
      return first.slice(0, indexAt(first, from)) + second.slice(indexAt(second, to));
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
const reencodedParts = fc.record({ kindIndex, partIndex, encoding: fc.constantFrom(...ENCODINGS) }).map(
  ({ kindIndex, partIndex, encoding }): Mutation =>
    (validTokens) => {
      const parts: string[] = [...splitToken(validTokens[kindIndex] ?? '')];
      return parts.with(partIndex, reencode(parts[partIndex] ?? '', encoding)).join('.');
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
  fc.constantFrom(...tokenKinds.flatMap(({ issuer, audience, key }) => [issuer, audience, key.kid])),
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

/** Other claims or another header, with the signature of the valid token. */
const changedContents = fc
  .record({ kindIndex, header: fc.option(changesOf(HEADER)), claims: changesOf(CLAIMS) })
  .map(
    ({ kindIndex, header, claims }): Mutation =>
      (validTokens, now) => {
        const kind = kindAt(kindIndex);
        const [head, , signature] = splitToken(validTokens[kindIndex] ?? '');
        return `${header === null ? head : encode({ ...headerOf(kind), ...header })}.${encode({ ...claimsOf(kind, now), ...claims })}.${signature}`;
      },
  );

const unpublishedKeys: Readonly<Record<TokenKind['alg'], IssuerKey>> = {
  RS256: createKey('RSA', 'unpublished'),
  PS256: createKey('RSA', 'unpublished'),
  ES256: createKey('P-256', 'unpublished'),
  EdDSA: createKey('Ed25519', 'unpublished'),
};

/** A real signature with an unpublished key, or with another issuer's key. */
const foreignSignatures = fc
  .record({
    kindIndex,
    by: fc.option(kindIndex),
    changes: fc.option(changesOf(CLAIMS)),
    header: fc.option(changesOf(HEADER), { freq: 1 }),
  })
  .map(
    ({ kindIndex, by, changes, header }): Mutation =>
      (_validTokens, now) => {
        const kind = kindAt(kindIndex);
        const other = by === null ? undefined : kindAt(by);
        const isUsable = other?.alg === kind.alg && other.key.privateKey !== kind.key.privateKey;
        const key = isUsable ? other.key : unpublishedKeys[kind.alg];
        return forge(
          { ...headerOf(kind), ...header },
          { ...claimsOf(kind, now), ...changes },
          signer(kind.alg, key),
        );
      },
  );

const truncations = fc.record({ kindIndex, from: position, to: position }).map(
  ({ kindIndex, from, to }): Mutation =>
    (validTokens) => {
      const token = validTokens[kindIndex] ?? '';
      return from < 0.5
        ? token.slice(0, indexAt(token, to))
        : token.slice(indexAt(token, from), indexAt(token, to));
    },
);

const unicodeInsertions = fc
  .record({ kindIndex, where: position, text: fc.string({ unit: 'binary', minLength: 1, maxLength: 8 }) })
  .map(
    ({ kindIndex, where, text }): Mutation =>
      (validTokens) => {
        const token = validTokens[kindIndex] ?? '';
        return token.slice(0, indexAt(token, where)) + text + token.slice(indexAt(token, where));
      },
  );

/** Random parts, joined by dots. */
const randomParts = fc
  .array(fc.oneof(fc.string({ unit: 'binary' }), fc.json(), fc.uint8Array({ maxLength: 300 })), {
    maxLength: 4,
  })
  .map(
    (parts): Mutation =>
      () =>
        parts.map((part) => encode(part)).join('.'),
  );

export const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  ...[
    { weight: 5, arbitrary: characterEdits },
    { weight: 6, arbitrary: bitFlips },
    { weight: 3, arbitrary: swappedParts },
    { weight: 2, arbitrary: splices },
    { weight: 2, arbitrary: reencodedParts },
    { weight: 4, arbitrary: changedContents },
    { weight: 3, arbitrary: foreignSignatures },
    { weight: 1, arbitrary: truncations },
    { weight: 1, arbitrary: unicodeInsertions },
    { weight: 1, arbitrary: randomParts },
  ],
);
