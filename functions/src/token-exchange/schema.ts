import * as z from 'zod';

/** The parameters of RFC 8693 §2.1 that are supported. */

export const GRANT_TYPE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:';
export const JWT = `${TOKEN_TYPE}jwt` as const;

/** Parameters of RFC 8693 that would change the result. */
const unsupported = z.never({ error: 'This parameter is not supported.' }).optional();

/** Other parameters are ignored (RFC 6749 §3.2): clients also send their `client_id`. */
export const exchangeRequest = z.object({
  grant_type: z
    .string()
    .max(200)
    .meta({ description: GRANT_TYPE, examples: [GRANT_TYPE] }),
  subject_token: z
    .string()
    .min(1)
    .max(8192)
    .meta({ description: 'A token of a trusted issuer.', examples: ['eyJhbGciOi…'] }),
  subject_token_type: z.enum([`${TOKEN_TYPE}access_token`, `${TOKEN_TYPE}id_token`, JWT]),
  requested_token_type: z.literal(JWT).optional(),
  resource: unsupported,
  audience: unsupported,
  scope: unsupported,
  actor_token: unsupported,
  actor_token_type: unsupported,
});

export const exchangeAnswer = z
  .object({
    access_token: z.string().meta({ description: 'A Firebase custom token, for signInWithCustomToken.' }),
    issued_token_type: z.literal(JWT),
    token_type: z.literal('N_A').meta({ description: 'Not an access token itself (RFC 8693 §2.2.1).' }),
    expires_in: z.int().meta({ description: 'Seconds within which to sign in with it.' }),
  })
  .meta({ id: 'ExchangedToken' });

export const firebaseToken = z
  .object({
    customToken: z.string().meta({ description: 'For signInWithCustomToken of the Firebase SDK.' }),
    expiresIn: z.int().meta({ description: 'Seconds within which to sign in with it.' }),
  })
  .meta({ id: 'FirebaseToken' });
