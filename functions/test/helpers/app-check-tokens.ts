import { createPublicKey } from 'node:crypto';
import { SignJWT } from 'jose';
import { createSigningKey, type Google, PROJECT, type SigningKey } from './google.ts';

/** Google's App Check endpoints: https://firebase.google.com/docs/app-check/custom-resource-backend */
export const APP_CHECK_KEYS = '/v1/jwks';
export const APP_CHECK_REPLAY = `/v1beta/projects/${PROJECT}:verifyAppCheckToken`;

export const appCheckKey = createSigningKey();

/** The body of the JWKS response. */
export function appCheckKeys(keys: readonly SigningKey[]): object {
  return {
    keys: keys.map(({ kid, publicPem }) => ({
      ...createPublicKey(publicPem).export({ format: 'jwk' }),
      kid,
      use: 'sig',
      alg: 'RS256',
    })),
  };
}

/** Serves the keys, and keeps track of consumed tokens. */
export function serveAppCheck(google: Google): void {
  const consumed = new Set<string>();
  google.answer(APP_CHECK_KEYS, () => appCheckKeys([appCheckKey]));
  google.answer(APP_CHECK_REPLAY, (_req, body) => {
    const { app_check_token: token } = JSON.parse(body) as { app_check_token: string };
    const alreadyConsumed = consumed.has(token);
    consumed.add(token);
    return alreadyConsumed ? { alreadyConsumed } : {};
  });
}

/** An App Check token. A claim with the value `undefined` is left out. */
export async function mintAppCheckToken(
  claims: Record<string, unknown> = {},
  { key = appCheckKey, header = {} }: { key?: SigningKey; header?: Record<string, unknown> } = {},
): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({
    iss: 'https://firebaseappcheck.googleapis.com/123456',
    aud: ['projects/123456', `projects/${PROJECT}`],
    sub: '1:123456:web:abcdef',
    iat: now - 10,
    exp: now + 3600,
    ...claims,
  })
    .setProtectedHeader({ alg: 'RS256', kid: key.kid, typ: 'JWT', ...header })
    .sign(key.privateKey);
}
