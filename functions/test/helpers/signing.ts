import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import type { UnverifiedToken } from '../../src/authn/parse-jws.ts';
import { parseCompactJws } from '../../src/authn/parse-jws.ts';

/** A key pair of an issuer other than Firebase. */
export interface SigningPair {
  /** The public key, as in a JWK set. */
  readonly jwk: JWK & { readonly kid: string };
  readonly privateJwk: JWK;
  /** A compact JWS with a real signature. A claim with the value `undefined` is left out. */
  sign(
    claims: Readonly<Record<string, unknown>>,
    header?: Readonly<Record<string, unknown>>,
  ): Promise<string>;
}

export async function createSigningPair(
  alg: 'RS256' | 'PS256' | 'ES256' | 'EdDSA',
  kid: string,
): Promise<SigningPair> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return {
    jwk: { ...(await exportJWK(publicKey)), kid },
    privateJwk: { ...(await exportJWK(privateKey)), kid },
    sign: (claims, header) =>
      new SignJWT({ ...claims }).setProtectedHeader({ alg, kid, typ: 'JWT', ...header }).sign(privateKey),
  };
}

/** A well-formed token with an unverified signature. */
export function unverified(
  payload: Readonly<Record<string, unknown>>,
  header: Readonly<Record<string, unknown>> = {},
): UnverifiedToken {
  return { raw: 'a.b.c', header: { alg: 'RS256', kid: 'k', typ: 'JWT', ...header }, payload, signed: true };
}

/** {@link parseCompactJws} without additional header keys. */
export const parsed = (raw: string): UnverifiedToken => parseCompactJws(raw);
