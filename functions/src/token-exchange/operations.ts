import * as z from 'zod';
import { AppError } from '../core/errors.ts';
import { operation } from '../pipeline/operation.ts';
import { CUSTOM_TOKEN_LIFETIME } from '../platform/firebase-auth/account-store.ts';
import { noSession } from '../sessions/index.ts';
import { exchangeAnswer, exchangeRequest, firebaseToken, GRANT_TYPE, JWT } from './schema.ts';
import type { TokenExchange } from './service.ts';

export const exchangeToken = operation<TokenExchange>()({
  name: 'exchangeToken',
  effect: 'write',
  // The subject token is the credential, and RFC 8693 §2.1 has it in the body.
  access: 'public',
  http: { method: 'post', path: '/token/exchange' },
  appCheck: 'everyone',
  oauth: true,
  input: exchangeRequest,
  output: exchangeAnswer,
  summary: 'Exchange a token of a trusted issuer for a Firebase custom token of the same user (RFC 8693).',
  run: async (input, { service: { exchange }, actor }) => {
    if (input.grant_type !== GRANT_TYPE) {
      const detail = `grant_type is ${GRANT_TYPE}.`;
      throw new AppError('invalid_request', detail, { oauthError: 'unsupported_grant_type' });
    }
    const type = input.subject_token_type.split(':').at(-1) ?? '';
    const { customToken } = await exchange({ token: input.subject_token, type, requestId: actor.requestId });
    return {
      access_token: customToken,
      issued_token_type: JWT,
      token_type: 'N_A' as const,
      expires_in: CUSTOM_TOKEN_LIFETIME,
    };
  },
});

export const createFirebaseToken = operation<TokenExchange>()({
  name: 'createFirebaseToken',
  effect: 'write',
  access: 'signed-in',
  rateLimit: 'credential',
  http: { method: 'post', path: '/sessions/current/firebase-token' },
  input: z.strictObject({}),
  output: firebaseToken,
  errors: ['not_found', 'permission_denied'],
  summary: 'Create a Firebase custom token for the user of this session.',
  run: async (_input, { service: { fromSession }, actor, client: { sessionCookie } }) => {
    if (sessionCookie === undefined) throw noSession();
    return {
      customToken: await fromSession(sessionCookie, actor.requestId),
      expiresIn: CUSTOM_TOKEN_LIFETIME,
    };
  },
});
