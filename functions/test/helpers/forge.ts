import { createHmac, type KeyObject, sign, verify } from 'node:crypto';
import { googleKey, idTokenClaims, type SigningKey } from './google.ts';

/** Makes compact JWSs of any shape, including ones that no library would make. */

export type Part = object | string | Uint8Array;
export type Signer = (input: string) => Uint8Array | string;

/** Base64url of a part: an object as JSON, a string or bytes unchanged. */
export function encode(part: Part): string {
  const bytes = typeof part === 'string' || part instanceof Uint8Array ? part : JSON.stringify(part);
  return Buffer.from(bytes as string).toString('base64url');
}

/** A made-up signature, for tokens that are refused before the signature is verified. */
export const dummySignature: Signer = () => Buffer.alloc(256, 7);
export const unsigned: Signer = () => '';
export const rs256 =
  (key: SigningKey = googleKey): Signer =>
  (input) =>
    sign('sha256', Buffer.from(input), key.privateKey);
export const hs256 =
  (secret: string | Uint8Array | KeyObject): Signer =>
  (input) =>
    createHmac('sha256', secret).update(input).digest();

export function forge(header: Part, payload: Part, signer: Signer = dummySignature): string {
  const input = `${encode(header)}.${encode(payload)}`;
  return `${input}.${Buffer.from(signer(input)).toString('base64url')}`;
}

/** An ID token that is valid, except for the given header and claims. By default Google's key signs it. */
export function forgeIdToken({
  header = {},
  claims = {},
  signer = rs256(),
}: {
  header?: Record<string, unknown>;
  claims?: Record<string, unknown>;
  signer?: Signer;
}): string {
  return forge({ alg: 'RS256', kid: googleKey.kid, typ: 'JWT', ...header }, idTokenClaims(claims), signer);
}

/** Does Google's key verify the signature? With this a test proves that a token is refused for another reason. */
export function isSignedByGoogle(token: string): boolean {
  const end = token.lastIndexOf('.');
  return verify(
    'sha256',
    Buffer.from(token.slice(0, end)),
    googleKey.publicPem,
    Buffer.from(token.slice(end + 1), 'base64url'),
  );
}
