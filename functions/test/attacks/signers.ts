import { constants, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import type { Signer } from '../helpers/forge.ts';

/** Signatures by any algorithm, including those that no issuer profile lists, and with keys made for another algorithm. */

export interface IssuerKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

type KeyType = 'RSA' | 'P-256' | 'P-384' | 'P-521' | 'secp256k1' | 'Ed25519';

export function createKey(type: KeyType, kid: string): IssuerKey {
  return { kid, ...generatePair(type) };
}

function generatePair(type: KeyType) {
  if (type === 'RSA') return generateKeyPairSync('rsa', { modulusLength: 2048 });
  if (type === 'Ed25519') return generateKeyPairSync('ed25519');
  return generateKeyPairSync('ec', { namedCurve: type });
}

/** RFC 7518 §3.1, RFC 8037 §3.1, RFC 8812 §3.2. */
const HASHES: Readonly<Record<string, string>> = {
  ES256K: 'sha256',
  ...Object.fromEntries(
    ['RS', 'PS', 'ES'].flatMap((family) => [256, 384, 512].map((bits) => [family + bits, `sha${bits}`])),
  ),
};

/** Creates real signatures of the algorithm. The key can be any that the algorithm can use. */
export function signer(alg: string, { privateKey: key }: Pick<IssuerKey, 'privateKey'>): Signer {
  const hash = HASHES[alg] ?? null;
  const options = alg.startsWith('PS')
    ? { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
    : { key, dsaEncoding: 'ieee-p1363' as const };
  return (input) => sign(hash, Buffer.from(input), options);
}

/** The public key as in a key set (RFC 7517 §4), without `alg`: the issuer profile names the algorithm. */
export function publicJwk({ kid, publicKey }: IssuerKey): Record<string, unknown> {
  return { ...publicKey.export({ format: 'jwk' }), kid, use: 'sig' };
}
