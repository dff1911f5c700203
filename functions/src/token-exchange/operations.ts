import { AppError } from '../core/errors.ts';
import { operation } from '../pipeline/operation.ts';
import type { ExchangeToken } from './exchange-token.ts';
import { exchangeAnswer, exchangeRequest, GRANT_TYPE, JWT } from './schema.ts';

export const exchangeToken = operation<ExchangeToken>()({
  name: 'exchangeToken',
  effect: 'write',
  // The subject token is the credential, and RFC 8693 §2.1 has it in the body.
  access: 'public',
  http: { method: 'post', path: '/token/exchange' },
  appCheck: 'everyone',
  oauth: true,
  input: exchangeRequest,
  output: exchangeAnswer,
  errors: ['rate_limited'],
  summary: 'Exchange a token of a trusted issuer for a Firebase custom token of the same user (RFC 8693).',
  run: async (input, { service: exchange, actor }) => {
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
      expires_in: 3600,
    };
  },
});
