import * as z from 'zod';
import { operation } from '../pipeline/operation.ts';
import { CUSTOM_TOKEN_LIFETIME } from '../platform/firebase-auth/account-store.ts';
import { beginSession, currentSession, FRESH } from '../sessions/index.ts';
import { factor, factorName } from './factor-schema.ts';
import type { PasskeysService } from './passkeys-service.ts';
import {
  authenticationResponse,
  creationOptions,
  registrationResponse,
  requestOptions,
} from './response-schema.ts';
import { toFactorView } from './views.ts';

const none = z.strictObject({});

export const createPasskeyOptions = operation<PasskeysService>()({
  name: 'createPasskeyOptions',
  effect: 'write',
  access: { signedIn: true, maxAge: FRESH },
  factorPolicy: 'enrolment',
  http: { method: 'post', path: '/me/factors/passkeys/options' },
  rateLimit: 'credential',
  input: none,
  output: creationOptions,
  errors: ['permission_denied', 'too_many_factors'],
  summary: 'Options for navigator.credentials.create(), to add a passkey.',
  run: (_input, { service, actor }) => service.registration.options(actor),
});

export const createPasskey = operation<PasskeysService>()({
  name: 'createPasskey',
  effect: 'write',
  access: { signedIn: true, maxAge: FRESH },
  factorPolicy: 'enrolment',
  http: { method: 'post', path: '/me/factors/passkeys' },
  rateLimit: 'credential',
  input: z.strictObject({ response: registrationResponse, name: factorName.optional() }),
  output: factor,
  errors: ['already_exists', 'invalid_factor', 'permission_denied', 'too_many_factors'],
  summary: 'Add the passkey that navigator.credentials.create() has made.',
  created: { id: ({ id }) => id },
  run: async ({ response, name }, { service, actor }) =>
    toFactorView(await service.registration.add(actor, response, name)),
});

export const getSignInOptions = operation<PasskeysService>()({
  name: 'getSignInOptions',
  effect: 'write',
  access: 'public',
  http: { method: 'post', path: '/passkeys/sign-in/options' },
  appCheck: 'everyone',
  rateLimit: 'credential',
  input: none,
  output: requestOptions,
  errors: ['unavailable'],
  summary: 'Options for navigator.credentials.get(), to sign in with a passkey.',
  run: (_input, { service }) => service.signInOptions(),
});

export const verifySignIn = operation<PasskeysService>()({
  name: 'verifySignIn',
  effect: 'write',
  // The signature of the passkey is the credential.
  access: 'public',
  http: { method: 'post', path: '/passkeys/sign-in/verify' },
  appCheck: 'everyone',
  rateLimit: 'credential',
  input: z.strictObject({
    response: authenticationResponse,
    session: z.boolean().optional().meta({
      description: 'Begin a session, in an HTTP-only cookie, instead of answering with a custom token.',
    }),
  }),
  output: z
    .object({
      customToken: z
        .string()
        .optional()
        .meta({ description: 'For signInWithCustomToken of the Firebase SDK.' }),
      expiresIn: z.int().optional().meta({ description: 'Seconds within which to sign in with it.' }),
      session: currentSession.optional(),
    })
    .meta({ id: 'PasskeySignIn', description: 'A custom token, or the session.' }),
  errors: [
    'csrf_failed',
    'invalid_factor',
    'invalid_token',
    'sign_in_not_allowed',
    'token_stale',
    'unavailable',
  ],
  summary: 'Sign in with a passkey: for a Firebase custom token, or a session.',
  run: async ({ response, session }, { service, actor, client }) => {
    // Another page could sign a browser in to its own account.
    if (session) client.checkCsrf(undefined);
    const signedIn = await service.signIn.verify(response, actor.requestId);
    if (session) return { session: await beginSession(service.sessions, signedIn, client) };
    const customToken = await service.signIn.createCustomToken(signedIn.principal);
    return { customToken, expiresIn: CUSTOM_TOKEN_LIFETIME };
  },
});
