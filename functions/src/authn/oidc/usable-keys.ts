import { createPublicKey, type JsonWebKey } from 'node:crypto';
import type { JWK } from 'jose';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import type { Algorithm } from './issuer-profile.ts';

const RSA = ['n', 'e'];
const EC = ['crv', 'x', 'y'];
const OKP = ['crv', 'x'];

/** RFC 7518 §3.1 and RFC 8037 §3.1: type and curve of the keys of an algorithm. */
const KEY_TYPES: Readonly<
  Record<Algorithm, readonly [kty: string, members: readonly string[], crv?: string]>
> = {
  RS256: ['RSA', RSA],
  RS384: ['RSA', RSA],
  RS512: ['RSA', RSA],
  PS256: ['RSA', RSA],
  PS384: ['RSA', RSA],
  PS512: ['RSA', RSA],
  ES256: ['EC', EC, 'P-256'],
  ES384: ['EC', EC, 'P-384'],
  ES512: ['EC', EC, 'P-521'],
  EdDSA: ['OKP', OKP, 'Ed25519'],
};
/** RFC 7518 §6.2.2, §6.3.2: members of a private key. A published private key proves nothing. */
const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];
const isPrivate = (key: JsonObject) => PRIVATE.some((member) => Object.hasOwn(key, member));
/** What two entries of one key have in common. */
const material = ({ n, x, y }: JsonObject) => JSON.stringify([n, x, y]);
const MIN_RSA_BYTES = 2048 / 8;

export interface UsableKeys {
  /** One for each key id and algorithm, with nothing but the public key. */
  readonly keys: readonly JWK[];
  /** The ids of these keys, and ids that different keys share, which verify nothing. */
  readonly kids: ReadonlySet<string>;
  /** What is wrong with the other keys, e.g. `k1: is published twice`. */
  readonly skipped: readonly string[];
}

/** Can a token name a key by this id? */
export function isKid(kid: unknown): kid is string {
  return typeof kid === 'string' && /^[\x21-\x7e]{1,128}$/.test(kid);
}

/**
 * The keys of a published set (RFC 7517 §5) that may verify a signature. Keys for encryption and for other algorithms are
 * ignored; faulty ones are skipped, so that one odd key does not shut out an issuer. Of different keys with one id and
 * algorithm, none is used: which one the issuer means is unknown.
 *
 * @returns undefined for a document that is not a key set
 */
export function usableKeys(
  published: unknown,
  algorithms: readonly Algorithm[],
  issuer: string,
): UsableKeys | undefined {
  if (!isJsonObject(published) || !Array.isArray(published.keys)) return undefined;
  const kids = new Set<string>();
  const skipped = new Set<string>();
  /** By algorithm and id. `null`: different keys. */
  const keys = new Map<string, JWK | null>();
  const exposed = new Set(published.keys.filter(isJsonObject).filter(isPrivate).map(material));
  for (const [index, key] of published.keys.entries()) {
    const kid = isJsonObject(key) && isKid(key.kid) ? key.kid : undefined;
    const fault = faultOf(key, { algorithms, issuer, exposed });
    if (fault !== undefined) skipped.add(`${kid ?? `key ${index}`}: ${fault}`);
    if (fault !== undefined || kid === undefined) continue;
    for (const algorithm of algorithms) {
      if (!isFor(algorithm, key)) continue;
      kids.add(kid);
      const slot = `${algorithm} ${kid}`;
      const found = keys.get(slot);
      const own = publicKey(key, kid, algorithm);
      const isSame = JSON.stringify(found) === JSON.stringify(own);
      if (found !== undefined)
        skipped.add(`${kid}: ${isSame ? 'is published twice' : 'names different keys'}`);
      keys.set(slot, found === undefined || isSame ? own : null);
    }
  }
  return { keys: [...keys.values()].filter((key) => key !== null), kids, skipped: [...skipped] };
}

interface KeyRules {
  readonly algorithms: readonly Algorithm[];
  readonly issuer: string;
  /** The material of every key that is published with its private part. */
  readonly exposed: ReadonlySet<string>;
}

/** Why a key must not be used. */
function faultOf(key: unknown, { algorithms, issuer, exposed }: KeyRules): string | undefined {
  if (!isJsonObject(key)) return 'is not an object';
  if (!isKid(key.kid)) return 'has no usable kid';
  if (isPrivate(key)) return 'has a private member';
  if (exposed.has(material(key))) return 'has a published private key';
  if (key.kty === 'RSA' && !isStrongRsa(key)) return 'is a weak RSA key';
  if (!isOfIssuer(key.issuer, issuer)) return 'belongs to another issuer';
  const algorithm = algorithms.find((one) => isFor(one, key));
  return algorithm === undefined || isReadable(publicKey(key, key.kid, algorithm))
    ? undefined
    : 'cannot be read';
}

/**
 * Microsoft Entra ID publishes keys of several issuers together, and names the issuer of each, `{tenantid}` for every tenant:
 * https://learn.microsoft.com/en-us/entra/identity-platform/access-tokens#validate-the-issuer
 */
function isOfIssuer(owner: unknown, issuer: string): boolean {
  if (typeof owner !== 'string' || !owner.startsWith('https://')) return true;
  const [before = '', after] = owner.split('{tenantid}');
  if (after === undefined) return owner === issuer;
  const tenant = issuer.slice(before.length, issuer.length - after.length);
  return issuer === before + tenant + after && !tenant.includes('/');
}

function isFor(algorithm: Algorithm, { kty, crv, alg, use, key_ops: operations }: JsonObject): boolean {
  const [type, , curve] = KEY_TYPES[algorithm];
  if (use !== undefined && use !== 'sig') return false;
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify'))) return false;
  return kty === type && (curve === undefined || crv === curve) && (alg === undefined || alg === algorithm);
}

function publicKey(key: JsonObject, kid: string, alg: Algorithm): JWK {
  const [kty, members] = KEY_TYPES[alg];
  return { kty, kid, alg, ...Object.fromEntries(members.map((member) => [member, key[member]])) };
}

function isReadable(key: JWK): boolean {
  try {
    // jose's type allows any member, which Node checks.
    createPublicKey({ key: key as JsonWebKey, format: 'jwk' });
    return true;
  } catch {
    return false;
  }
}

/** At least 2048 bits (RFC 7518 §3.3), and the exponent 65537: signatures with small ones have been forged. */
function isStrongRsa({ n, e }: JsonObject): boolean {
  if (e !== 'AQAB' || typeof n !== 'string') return false;
  const modulus = Buffer.from(n, 'base64url');
  const bytes = modulus.subarray(modulus.findIndex((byte) => byte !== 0));
  return bytes.length > MIN_RSA_BYTES || (bytes.length === MIN_RSA_BYTES && bytes.readUInt8() >= 0x80);
}
