import { dummySignature, encode } from '../../helpers/forge.ts';
import { type Attack, isFirebase, isRsa, partsOf } from '../attack.ts';
import { claimsOf, forgeOf, headerOf, type Kind, kinds } from '../issuer-kinds.ts';
import { createKey, type IssuerKey, publicJwk, signer } from '../signers.ts';

/** Order of the group of Ed25519 (RFC 8032 §5.1), and of P-256 (FIPS 186-4 D.1.2.3). */
const ED25519_ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;
const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

const bytesOf = (token: string) => Buffer.from(partsOf(token)[2], 'base64url');
const withSignature = (token: string, signature: Uint8Array | string) =>
  `${token.slice(0, token.lastIndexOf('.'))}.${Buffer.from(signature as string).toString('base64url')}`;

const toBig = (bytes: Buffer) => BigInt(`0x${bytes.toString('hex')}`);
const fromBig = (value: bigint, length: number) =>
  Buffer.from(value.toString(16).padStart(length * 2, '0'), 'hex');

/** Numbers that are the same modulo the group's order or the modulus: lazy verifiers take them. */
function congruent({ alg, key }: Kind, signature: Buffer): Buffer[] {
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

/** A key of the same type that nobody publishes. */
const strangers = new Map<Kind['alg'], IssuerKey>([
  ['RS256', createKey('RSA', 'stranger')],
  ['PS256', createKey('RSA', 'stranger')],
  ['ES256', createKey('P-256', 'stranger')],
  ['EdDSA', createKey('Ed25519', 'stranger')],
]);
const strangerOf = ({ alg, key }: Kind) => ({ ...key, ...strangers.get(alg) });

export const signatures: readonly Attack[] = [
  {
    what: 'a token without a signature',
    tokens: (_kind, { good }) => [withSignature(good, ''), good.slice(0, good.lastIndexOf('.'))],
  },
  {
    what: 'a signature of zeros, of ones, or of anything',
    needsKey: true,
    tokens: (_kind, { good }) => {
      const { length } = bytesOf(good);
      // All zeros was once a valid ECDSA signature of everything: CVE-2022-21449.
      return [Buffer.alloc(length), Buffer.alloc(length, 255), Buffer.alloc(1), dummySignature('')].map(
        (bytes) => withSignature(good, bytes),
      );
    },
  },
  {
    what: 'a signature that is one byte shorter or longer, or comes twice',
    needsKey: true,
    tokens: (_kind, { good }) => {
      const bytes = bytesOf(good);
      return [
        bytes.subarray(1),
        bytes.subarray(0, -1),
        [bytes, Buffer.alloc(1)],
        [Buffer.alloc(1), bytes],
        [bytes, bytes],
      ].map((changed) => withSignature(good, Array.isArray(changed) ? Buffer.concat(changed) : changed));
    },
  },
  {
    what: 'a signature with any one bit changed',
    needsKey: true,
    tokens: (_kind, { good }) =>
      Array.from({ length: 16 }, (_, index) => {
        const bytes = bytesOf(good);
        const at = Math.floor((index * bytes.length) / 16);
        bytes[at] = (bytes[at] ?? 0) ^ (1 << (index % 8));
        return withSignature(good, bytes);
      }),
  },
  {
    what: 'a signature that is the same number in another form',
    needsKey: true,
    tokens: (kind, { good }) => congruent(kind, bytesOf(good)).map((bytes) => withSignature(good, bytes)),
  },
  {
    what: 'an ECDSA signature in the form of ASN.1 (RFC 7518 §3.4 wants the two numbers)',
    needsKey: true,
    against: ({ alg }) => alg === 'ES256',
    tokens: (_kind, { good }) => {
      const bytes = bytesOf(good);
      const integer = (part: Buffer) => Buffer.concat([Buffer.from([2, part.length + 1, 0]), part]);
      const body = Buffer.concat([integer(bytes.subarray(0, 32)), integer(bytes.subarray(32))]);
      return [withSignature(good, Buffer.concat([Buffer.from([0x30, body.length]), body]))];
    },
  },
  {
    what: 'a PKCS #1 signature without its padding, or of the digest alone',
    needsKey: true,
    against: isRsa,
    tokens: (kind, { now }) => [
      forgeOf(kind, now, { signer: (input) => Buffer.from(input).subarray(0, 256) }),
    ],
  },
  {
    what: 'other claims or another header under the signature of a good token',
    needsKey: true,
    tokens: (kind, { good, now }) => {
      const [header, payload, signature] = partsOf(good);
      const claims = claimsOf(kind, now);
      return [
        `${header}.${encode({ ...claims, sub: 'owner' })}.${signature}`,
        `${header}.${encode({ ...claims, exp: now + 601 })}.${signature}`,
        // The same claims in another order, or with a space.
        `${header}.${encode(Object.fromEntries(Object.entries(claims).reverse()))}.${signature}`,
        `${header}.${encode(`${JSON.stringify(claims)} `)}.${signature}`,
        `${encode(`${JSON.stringify(headerOf(kind))} `)}.${payload}.${signature}`,
      ];
    },
  },
  {
    what: 'a token signed by somebody else’s key under the name of the issuer’s',
    needsKey: true,
    tokens: (kind, { now }) => [forgeOf(kind, now, { signer: signer(kind.alg, strangerOf(kind)) })],
  },
  {
    what: 'a token signed by somebody else’s key under a name of its own',
    needsKey: true,
    tokens: (kind, { now }) => [
      forgeOf(kind, now, { header: { kid: 'stranger' }, signer: signer(kind.alg, strangerOf(kind)) }),
    ],
  },
  {
    what: 'another issuer’s key under its own name',
    needsKey: true,
    tokens: (kind, { now }) =>
      foreign(kind).map(({ key }) =>
        forgeOf(kind, now, { header: { kid: key.kid }, signer: signer(kind.alg, key) }),
      ),
  },
  {
    what: 'another issuer’s key under the name of this one’s',
    needsKey: true,
    tokens: (kind, { now }) =>
      foreign(kind).map(({ key }) => forgeOf(kind, now, { signer: signer(kind.alg, key) })),
  },
  {
    what: 'another issuer’s token that names this one as its issuer',
    needsKey: true,
    // What the two do not have in common is refused earlier; Firebase’s form is its own.
    against: (kind) => !isFirebase(kind),
    tokens: (kind, { now }) =>
      foreign(kind).map(({ key }) =>
        forgeOf(kind, now, { header: { ...headerOf(kind), kid: key.kid }, signer: signer(kind.alg, key) }),
      ),
  },
];

/** The kinds of other issuers whose keys could sign so. */
function foreign(kind: Kind): Kind[] {
  return kinds.filter(
    ({ key, alg }) =>
      key.privateKey !== kind.key.privateKey &&
      isRsaAlg(alg) === isRsaAlg(kind.alg) &&
      (isRsaAlg(alg) || alg === kind.alg),
  );
}
