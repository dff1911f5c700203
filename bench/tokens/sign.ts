import { sign } from 'node:crypto';
import { idTokenClaims, type SigningKey } from '../../functions/test/helpers/google.ts';

/** Signs a Firebase ID token with `crypto.sign`: without promises, 100,000 tokens take half the time. */
export function signToken(
  { kid, privateKey }: Pick<SigningKey, 'kid' | 'privateKey'>,
  claims: Readonly<Record<string, unknown>>,
): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${part({ alg: 'RS256', kid, typ: 'JWT' })}.${part(idTokenClaims({ ...claims }))}`;
  return `${signed}.${sign('sha256', Buffer.from(signed), privateKey).toString('base64url')}`;
}
