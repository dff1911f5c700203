import * as z from 'zod';

/** What `navigator.credentials` answers, as JSON (https://www.w3.org/TR/webauthn-3/#sctn-public-key-easy). Other fields are ignored. */

const base64url = (maxLength: number, example: string) =>
  z
    .string()
    .min(1)
    .max(maxLength)
    .regex(/^[\w-]+$/, 'Send base64url.')
    .meta({ examples: [example] });

const text = (example: string) => z.string().meta({ examples: [example] });

const CREDENTIAL_ID = 'ASx3mK9vQ2hT7bN4pLr8wZ';
const CHALLENGE = 'pQ0m3vW8Jd2yXk7sT5uB1nR9cL4hF6gE0aZ2iV8oK3M';

/** A credential id has 1,023 bytes at most. */
const credential = z.object({
  id: base64url(1364, CREDENTIAL_ID),
  rawId: base64url(1364, CREDENTIAL_ID),
  type: z.literal('public-key'),
});

const clientDataJSON = base64url(8192, 'eyJ0eXBlIjoid2ViYXV0aG4uZ2V0In0');

export const registrationResponse = credential
  .extend({
    response: z.object({
      clientDataJSON,
      // With the certificates of an attestation, which is not asked for.
      attestationObject: base64url(32_768, 'o2NmbXRkbm9uZQ'),
      transports: z
        .array(
          z
            .string()
            .regex(/^[a-z-]{1,32}$/, 'Send the name of a transport.')
            .meta({ examples: ['internal'] }),
        )
        .max(16)
        .optional(),
    }),
  })
  .meta({ id: 'RegistrationResponse', description: 'RegistrationResponseJSON of WebAuthn.' });

export const authenticationResponse = credential
  .extend({
    response: z.object({
      clientDataJSON,
      authenticatorData: base64url(8192, 'SZYN5YgOjGh0NBcPZHZgW4'),
      signature: base64url(8192, 'MEUCIQDx0vYw'),
      userHandle: base64url(128, 'Zk3Jf9sQ2xYhT1bV7mN4').optional(),
    }),
  })
  .meta({ id: 'AuthenticationResponse', description: 'AuthenticationResponseJSON of WebAuthn.' });

export type RegistrationResponse = z.output<typeof registrationResponse>;
export type AuthenticationResponse = z.output<typeof authenticationResponse>;

const descriptor = z.object({
  id: text(CREDENTIAL_ID),
  type: text('public-key'),
  transports: z.array(text('internal')).optional(),
});

export const creationOptions = z
  .object({
    challenge: text(CHALLENGE),
    rp: z.object({ id: text('example.com').optional(), name: text('Shop') }),
    user: z.object({
      id: text('Zk3Jf9sQ2xYhT1bV7mN4'),
      name: text('ann@example.com'),
      displayName: text('Ann Lee'),
    }),
    pubKeyCredParams: z.array(z.object({ type: text('public-key'), alg: z.int().meta({ examples: [-7] }) })),
    timeout: z
      .int()
      .optional()
      .meta({ examples: [300_000] }),
    attestation: text('none').optional(),
    excludeCredentials: z.array(descriptor).optional(),
    authenticatorSelection: z
      .object({
        residentKey: text('required').optional(),
        requireResidentKey: z.boolean().optional(),
        userVerification: text('required').optional(),
      })
      .optional(),
    extensions: z.object({ credProps: z.boolean().optional() }).optional(),
  })
  .meta({ id: 'PasskeyCreationOptions', description: 'PublicKeyCredentialCreationOptionsJSON of WebAuthn.' });

export const requestOptions = z
  .object({
    challenge: text(CHALLENGE),
    rpId: text('example.com').optional(),
    timeout: z
      .int()
      .optional()
      .meta({ examples: [300_000] }),
    userVerification: text('required').optional(),
    allowCredentials: z.array(descriptor).optional(),
  })
  .meta({ id: 'PasskeyRequestOptions', description: 'PublicKeyCredentialRequestOptionsJSON of WebAuthn.' });
