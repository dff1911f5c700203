import { dummySignature, hs256, unsigned } from '../../helpers/forge.ts';
import { type Attack, isRsa, splitToken } from '../attack.ts';
import { spareKeys } from '../issuer-servers.ts';
import { createKey, type IssuerKey, publicJwk, signer } from '../signers.ts';
import { forgeToken, type TokenKind } from '../token-kinds.ts';

const NONE = ['none', 'None', 'NONE', 'nOnE', 'none ', ' none', 'none\0'];
const NO_ALG = [undefined, null, true, 1, '', [], ['RS256'], {}, { alg: 'RS256' }, [['RS256']], '__proto__'];

/** The public key in every encoding that a verifier could use as an HMAC secret. */
function publicKeyAsSecrets({ key }: TokenKind): (string | Buffer)[] {
  const { publicKey } = key;
  const { kid, use, ...jwk } = publicJwk(key);
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const number = String(jwk.n ?? jwk.x);
  return [
    pem,
    pem.trim(),
    pem.replaceAll('\n', '\r\n'),
    ...(publicKey.asymmetricKeyType === 'rsa' ? [publicKey.export({ type: 'pkcs1', format: 'pem' })] : []),
    publicKey.export({ type: 'spki', format: 'der' }),
    ...[jwk, publicJwk(key), { keys: [publicJwk(key)] }].map((value) => JSON.stringify(value)),
    number,
    Buffer.from(number, 'base64url'),
    '',
    key.kid,
  ];
}

const extraKeys = { p521: createKey('P-521', 'p521'), k256: createKey('secp256k1', 'k256') };

/** Other algorithms, each with a key that can sign with it: the issuer's own key if its type allows it. */
function otherAlgorithms({ alg, key }: TokenKind): [alg: string, key: IssuerKey][] {
  const spare = (kid: string) => spareKeys.find((other) => other.kid === kid) ?? key;
  const rsa = isRsaKey(key) ? key : spare('spare-rsa');
  const all: [string, IssuerKey][] = [
    ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'].map((name): [string, IssuerKey] => [name, rsa]),
    ['ES256', alg === 'ES256' ? key : spare('spare-p256')],
    ['ES384', spare('spare-p384')],
    ['ES512', extraKeys.p521],
    ['ES256K', extraKeys.k256],
    ['EdDSA', alg === 'EdDSA' ? key : spare('spare-ed')],
    // RFC 9864 §2.2: another name of the same algorithm.
    ['Ed25519', alg === 'EdDSA' ? key : spare('spare-ed')],
  ];
  return all.filter(([name]) => name !== alg);
}

const isRsaKey = ({ publicKey }: IssuerKey) => publicKey.asymmetricKeyType === 'rsa';

/** By the algorithm in the header: other algorithms that the same key can sign with. */
const SAME_KEY_ALGORITHMS: Readonly<Record<TokenKind['alg'], readonly string[]>> = {
  RS256: ['RS384', 'RS512', 'PS256'],
  PS256: ['PS384', 'PS512', 'RS256'],
  ES256: ['ES384', 'ES512'],
  EdDSA: [],
};

export const algorithms: readonly Attack[] = [
  {
    name: 'alg none in any letter case, without a signature',
    tokens: (kind, { now }) =>
      NONE.map((alg) => forgeToken(kind, now, { header: { alg }, signer: unsigned })),
  },
  {
    name: 'alg none in any letter case, with a signature',
    tokens: (kind, { now, validToken }) => [
      ...NONE.map((alg) => forgeToken(kind, now, { header: { alg } })),
      ...NONE.map((alg) => forgeToken(kind, now, { header: { alg }, signer: dummySignature })),
      ...NONE.map((alg) =>
        forgeToken(kind, now, { header: { alg, kid: undefined }, signer: () => splitToken(validToken)[2] }),
      ),
    ],
  },
  {
    name: 'an alg that is missing or not a string',
    tokens: (kind, { now }) => NO_ALG.map((alg) => forgeToken(kind, now, { header: { alg } })),
  },
  {
    name: 'key confusion (HS256 with the public key)',
    tokens: (kind, { now }) =>
      publicKeyAsSecrets(kind).flatMap((secret) => [
        forgeToken(kind, now, { header: { alg: 'HS256' }, signer: hs256(secret) }),
        forgeToken(kind, now, { header: { alg: 'hs256' }, signer: hs256(secret) }),
      ]),
  },
  {
    name: 'an algorithm outside the issuer profile with a published key',
    tokens: (kind, { now }) =>
      otherAlgorithms(kind).map(([alg, key]) =>
        forgeToken(kind, now, { header: { alg, kid: key.kid }, signer: signer(alg, key) }),
      ),
  },
  {
    name: 'the right alg in lower case, with white space or in an array',
    tokens: (kind, { now }) =>
      [kind.alg.toLowerCase(), `${kind.alg} `, ` ${kind.alg}`, `${kind.alg}\0`, [kind.alg]].map((alg) =>
        forgeToken(kind, now, { header: { alg } }),
      ),
  },
  {
    name: 'a signature of another algorithm with the same key, under the right alg',
    needsKey: true,
    appliesTo: isRsa,
    tokens: (kind, { now }) =>
      SAME_KEY_ALGORITHMS[kind.alg].map((alg) => forgeToken(kind, now, { signer: signer(alg, kind.key) })),
  },
  {
    name: 'an HMAC with the public key, under the right alg',
    needsKey: true,
    tokens: (kind, { now }) =>
      publicKeyAsSecrets(kind).map((secret) => forgeToken(kind, now, { signer: hs256(secret) })),
  },
];
