import { dummySignature, encode } from '../../helpers/forge.ts';
import { type Attack, isFirebase, isRsa, splitToken } from '../attack.ts';
import { createKey, type IssuerKey, publicJwk, signer } from '../signers.ts';
import { claimsOf, forgeToken, headerOf, type TokenKind, tokenKinds } from '../token-kinds.ts';

/** Order of the group of Ed25519 (RFC 8032 §5.1), and of P-256 (FIPS 186-4 D.1.2.3). */
const ED25519_ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;
const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

const bytesOf = (token: string) => Buffer.from(splitToken(token)[2], 'base64url');
const withSignature = (token: string, signature: Uint8Array | string) =>
  `${token.slice(0, token.lastIndexOf('.'))}.${Buffer.from(signature as string).toString('base64url')}`;

const toBig = (bytes: Buffer) => BigInt(`0x${bytes.toString('hex')}`);
const fromBig = (value: bigint, length: number) =>
  Buffer.from(value.toString(16).padStart(length * 2, '0'), 'hex');

/** Signatures congruent modulo the group's order or the RSA modulus. A verifier without a range check accepts them. */
function congruentSignatures({ alg, key }: TokenKind, signature: Buffer): Buffer[] {
  if (isRsaAlg(alg)) {
    const modulus = Buffer.from(String(publicJwk(key).n), 'base64url');
    const sum = toBig(signature) + toBig(modulus);
    return [fromBig(sum, sum >= 2n ** 2048n ? 257 : 256), Buffer.concat([Buffer.alloc(1), signature])];
  }
  const [first, second] = [signature.subarray(0, 32), signature.subarray(32)];
  if (alg === 'EdDSA') {
    const scalar = toBig(Buffer.from(second).reverse()) + ED25519_ORDER;
    return [Buffer.concat([first, fromBig(scalar, 32).reverse()])];
  }
  const longer = (part: Buffer) => fromBig(toBig(part) + P256_ORDER, 33);
  return [
    Buffer.concat([Buffer.alloc(1), first, Buffer.alloc(1), second]),
    Buffer.concat([longer(first), longer(second)]),
  ];
}

const isRsaAlg = (alg: string) => /^[RP]S/.test(alg);

/** Keys of the same type that no issuer publishes. */
const unpublishedKeys = new Map<TokenKind['alg'], IssuerKey>([
  ['RS256', createKey('RSA', 'unpublished')],
  ['PS256', createKey('RSA', 'unpublished')],
  ['ES256', createKey('P-256', 'unpublished')],
  ['EdDSA', createKey('Ed25519', 'unpublished')],
]);
const unpublishedKeyOf = ({ alg, key }: TokenKind) => ({ ...key, ...unpublishedKeys.get(alg) });

export const signatures: readonly Attack[] = [
  {
    name: 'a token without a signature',
    tokens: (_kind, { validToken }) => [
      withSignature(validToken, ''),
      validToken.slice(0, validToken.lastIndexOf('.')),
    ],
  },
  {
    name: 'a signature of zeros, of ones, or of arbitrary bytes',
    needsKey: true,
    tokens: (_kind, { validToken }) => {
      const { length } = bytesOf(validToken);
      // CVE-2022-21449: implementations accepted an ECDSA signature of zeros.
      return [Buffer.alloc(length), Buffer.alloc(length, 255), Buffer.alloc(1), dummySignature('')].map(
        (bytes) => withSignature(validToken, bytes),
      );
    },
  },
  {
    name: 'a signature that is a byte shorter or longer, or repeated',
    needsKey: true,
    tokens: (_kind, { validToken }) => {
      const bytes = bytesOf(validToken);
      return [
        bytes.subarray(1),
        bytes.subarray(0, -1),
        [bytes, Buffer.alloc(1)],
        [Buffer.alloc(1), bytes],
        [bytes, bytes],
      ].map((changed) =>
        withSignature(validToken, Array.isArray(changed) ? Buffer.concat(changed) : changed),
      );
    },
  },
  {
    name: 'a signature with one bit changed',
    needsKey: true,
    tokens: (_kind, { validToken }) =>
      Array.from({ length: 16 }, (_, index) => {
        const bytes = bytesOf(validToken);
        const at = Math.floor((index * bytes.length) / 16);
        bytes[at] = (bytes[at] ?? 0) ^ (1 << (index % 8));
        return withSignature(validToken, bytes);
      }),
  },
  {
    name: 'a signature outside the number range (congruent value)',
    needsKey: true,
    tokens: (kind, { validToken }) =>
      congruentSignatures(kind, bytesOf(validToken)).map((bytes) => withSignature(validToken, bytes)),
  },
  {
    name: 'an ECDSA signature in ASN.1 DER instead of R || S (RFC 7518 §3.4)',
    needsKey: true,
    appliesTo: ({ alg }) => alg === 'ES256',
    tokens: (_kind, { validToken }) => {
      const bytes = bytesOf(validToken);
      const integer = (part: Buffer) => Buffer.concat([Buffer.from([2, part.length + 1, 0]), part]);
      const body = Buffer.concat([integer(bytes.subarray(0, 32)), integer(bytes.subarray(32))]);
      return [withSignature(validToken, Buffer.concat([Buffer.from([0x30, body.length]), body]))];
    },
  },
  {
    name: 'the signing input in place of an RSA signature',
    needsKey: true,
    appliesTo: isRsa,
    tokens: (kind, { now }) => [
      forgeToken(kind, now, { signer: (input) => Buffer.from(input).subarray(0, 256) }),
    ],
  },
  {
    name: 'changed claims or header with the signature of a valid token',
    needsKey: true,
    tokens: (kind, { validToken, now }) => {
      const [header, payload, signature] = splitToken(validToken);
      const claims = claimsOf(kind, now);
      return [
        `${header}.${encode({ ...claims, sub: 'owner' })}.${signature}`,
        `${header}.${encode({ ...claims, exp: now + 601 })}.${signature}`,
        // The same claims in another order, or with a space at the end.
        `${header}.${encode(Object.fromEntries(Object.entries(claims).reverse()))}.${signature}`,
        `${header}.${encode(`${JSON.stringify(claims)} `)}.${signature}`,
        `${encode(`${JSON.stringify(headerOf(kind))} `)}.${payload}.${signature}`,
      ];
    },
  },
  {
    name: 'a signature with an unpublished key, under the issuer’s kid',
    needsKey: true,
    tokens: (kind, { now }) => [forgeToken(kind, now, { signer: signer(kind.alg, unpublishedKeyOf(kind)) })],
  },
  {
    name: 'a signature with an unpublished key, under its own kid',
    needsKey: true,
    tokens: (kind, { now }) => [
      forgeToken(kind, now, {
        header: { kid: 'unpublished' },
        signer: signer(kind.alg, unpublishedKeyOf(kind)),
      }),
    ],
  },
  {
    name: 'a signature with another issuer’s key, under its own kid',
    needsKey: true,
    tokens: (kind, { now }) =>
      kindsOfOtherIssuers(kind).map(({ key }) =>
        forgeToken(kind, now, { header: { kid: key.kid }, signer: signer(kind.alg, key) }),
      ),
  },
  {
    name: 'a signature with another issuer’s key, under this issuer’s kid',
    needsKey: true,
    tokens: (kind, { now }) =>
      kindsOfOtherIssuers(kind).map(({ key }) => forgeToken(kind, now, { signer: signer(kind.alg, key) })),
  },
  {
    name: 'another issuer’s token with this issuer in iss',
    needsKey: true,
    // Firebase refuses these earlier, by header and claims.
    appliesTo: (kind) => !isFirebase(kind),
    tokens: (kind, { now }) =>
      kindsOfOtherIssuers(kind).map(({ key }) =>
        forgeToken(kind, now, { header: { ...headerOf(kind), kid: key.kid }, signer: signer(kind.alg, key) }),
      ),
  },
];

/** Token kinds of other issuers with a key that can sign with this kind's algorithm. */
function kindsOfOtherIssuers(kind: TokenKind): TokenKind[] {
  return tokenKinds.filter(
    ({ key, alg }) =>
      key.privateKey !== kind.key.privateKey &&
      isRsaAlg(alg) === isRsaAlg(kind.alg) &&
      (isRsaAlg(alg) || alg === kind.alg),
  );
}
