import type { JSONWebKeySet, JWK } from 'jose';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import type { Algorithm } from './issuer-profile.ts';

const KEY_TYPES: Readonly<Record<Algorithm, string>> = {
  RS256: 'RSA',
  PS256: 'RSA',
  ES256: 'EC',
  EdDSA: 'OKP',
};
const CURVES: Readonly<Partial<Record<Algorithm, string>>> = { ES256: 'P-256', EdDSA: 'Ed25519' };
/** RFC 7518 §6.2.2, §6.3.2: members of a private key. A published private key proves nothing. */
const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];
const MIN_RSA_BYTES = 2048 / 8;

/**
 * The keys of a published set (RFC 7517 §5) that may verify a signature. Others are ignored: without `kid`, for encryption,
 * of another algorithm, weak, or private.
 *
 * @returns undefined for a document that is not a key set
 */
export function usableKeys(published: unknown, algorithms: readonly Algorithm[]): JSONWebKeySet | undefined {
  if (!isJsonObject(published) || !Array.isArray(published.keys)) return undefined;
  return { keys: published.keys.filter((key): key is JWK => isJsonObject(key) && isUsable(key, algorithms)) };
}

function isUsable(key: JsonObject, algorithms: readonly Algorithm[]): boolean {
  if (typeof key.kid !== 'string' || PRIVATE.some((member) => Object.hasOwn(key, member))) return false;
  if (key.use !== undefined && key.use !== 'sig') return false;
  if (key.key_ops !== undefined && !(Array.isArray(key.key_ops) && key.key_ops.includes('verify')))
    return false;
  const isAllowed = algorithms.some(
    (algorithm) =>
      key.kty === KEY_TYPES[algorithm] &&
      (CURVES[algorithm] === undefined || key.crv === CURVES[algorithm]) &&
      (key.alg === undefined || key.alg === algorithm),
  );
  return isAllowed && (key.kty !== 'RSA' || isStrongRsa(key));
}

/** At least 2048 bits (RFC 7518 §3.3), and the exponent 65537: signatures with small ones have been forged. */
function isStrongRsa({ n, e }: JsonObject): boolean {
  if (e !== 'AQAB' || typeof n !== 'string') return false;
  const modulus = Buffer.from(n, 'base64url');
  const bytes = modulus.subarray(modulus.findIndex((byte) => byte !== 0));
  return bytes.length > MIN_RSA_BYTES || (bytes.length === MIN_RSA_BYTES && bytes.readUInt8() >= 0x80);
}
