import type { SigningPair } from '../../../functions/test/helpers/signing.ts';

export const ISSUER = 'https://login.example.com/';

/** An OpenID issuer that maps groups to roles of Gatehouse. */
export const ISSUER_SETTING = {
  type: 'oidc',
  issuer: ISSUER,
  audience: 'https://shop.example.com',
  jwksUri: 'https://login.example.com/keys',
  aal2: { amr: 'mfa' },
  map: {
    groups: {
      members: ['member'],
      helpers: ['support'],
      readers: ['notes:read'],
      reporters: ['audit:read'],
      bosses: ['support', 'auditor'],
    },
  },
} as const;

/** A valid access token as RFC 9068 describes it, except for the given claims and header fields. */
export function signAccessToken(
  pair: SigningPair,
  claims: Record<string, unknown>,
  header: Record<string, unknown> = {},
): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  return pair.sign(
    {
      iss: ISSUER_SETTING.issuer,
      aud: ISSUER_SETTING.audience,
      sub: 'ada',
      client_id: 'web',
      iat: now - 10,
      exp: now + 3600,
      ...claims,
    },
    { typ: 'at+jwt', ...header },
  );
}
