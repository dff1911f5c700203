// The server's side of SRP (RFC 5054, RFC 2945) as Amazon Cognito varies it. Development only.
import { createHash, createHmac, getDiffieHellman, hkdfSync, randomBytes } from 'node:crypto';

// 3072 bits: the prime of RFC 5054 appendix A is that of RFC 3526 §4. Amazon's generator is 2, not the RFC's 5.
const N = toBigInt(getDiffieHellman('modp15').getPrime());
const G = 2n;
const K = toBigInt(sha256(signed(N), signed(G)));

export interface SrpChallenge {
  /** Both in hexadecimal. */
  readonly salt: string;
  readonly publicB: string;
  /** The shared key, 16 bytes. Client and server get the same key if both know the password. */
  readonly key: Buffer;
}

/**
 * Answers a client's public value (A, in hexadecimal).
 *
 * @param identity the pool's name followed by the user's name
 * @returns undefined for an A that makes the password irrelevant (RFC 5054 §2.5.4)
 */
export function challengeSrp(publicA: string, identity: string, password: string): SrpChallenge | undefined {
  const a = BigInt(`0x${publicA}`);
  if (a % N === 0n) return undefined;
  const salt = toBigInt(randomBytes(16));
  const secret = toBigInt(randomBytes(32));
  const x = toBigInt(sha256(signed(salt), sha256(`${identity}:${password}`)));
  const verifier = power(G, x);
  const b = (K * verifier + power(G, secret)) % N;
  const u = toBigInt(sha256(signed(a), signed(b)));
  const shared = power(a * power(verifier, u), secret);
  const key = Buffer.from(hkdfSync('sha256', signed(shared), signed(u), 'Caldera Derived Key', 16));
  return { salt: salt.toString(16), publicB: b.toString(16), key };
}

/** The signature by which a client proves that it has the key. */
export function proofOfSrp(key: Buffer, identity: string, secretBlock: Buffer, timestamp: string): Buffer {
  return createHmac('sha256', key).update(identity).update(secretBlock).update(timestamp).digest();
}

function sha256(...parts: (Buffer | string)[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

function toBigInt(bytes: Buffer): bigint {
  return BigInt(`0x${bytes.toString('hex')}`);
}

/** The bytes of a positive number in two's complement, as in Java: with a leading zero if the first bit is set. */
function signed(value: bigint): Buffer {
  const hex = value.toString(16);
  const even = hex.length % 2 === 1 ? `0${hex}` : hex;
  return Buffer.from(/^[89a-f]/.test(even) ? `00${even}` : even, 'hex');
}

/** `base ** exponent % N` */
function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let square = base % N, left = exponent; left > 0n; left >>= 1n, square = (square * square) % N) {
    if (left & 1n) result = (result * square) % N;
  }
  return result;
}
