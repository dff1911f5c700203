import { AppError } from '../core/errors.ts';
import { exchangeAnswer, exchangeRequest, GRANT_TYPE, JWT } from '../token-exchange/schema.ts';
import { newIdentity, user } from '../users/schema.ts';
import { toUserView } from '../users/user-view.ts';
import { type Route, route } from './route.ts';

/** External identities: provisioning and token exchange. */
export const identityRoutes: readonly Route[] = [
  route({
    method: 'post',
    path: '/users',
    access: { permission: 'users:write' },
    input: { body: newIdentity },
    output: user,
    summary: 'Enter somebody of a trusted issuer, e.g. to give them roles before they come; or find them.',
    handler: async ({ body }, { principal, deps, requestId }) => {
      const { trustedIssuers } = deps.config;
      if (!trustedIssuers.some(({ issuer }) => issuer === body.issuer)) {
        const message = 'is not an issuer of TRUSTED_ISSUERS';
        throw new AppError('invalid_argument', 'Check body.issuer.', {
          errors: [{ field: 'body.issuer', message }],
        });
      }
      return toUserView(await deps.identities.provision({ principal, requestId }, body), deps.clock);
    },
  }),
  route({
    method: 'post',
    path: '/token/exchange',
    // The subject token is the credential, and RFC 8693 §2.1 has it in the body.
    access: 'public',
    appCheck: true,
    oauth: true,
    input: { body: exchangeRequest },
    output: exchangeAnswer,
    summary: 'A token of a trusted issuer for a Firebase custom token of the same person (RFC 8693).',
    handler: async ({ body }, { deps, requestId }) => {
      if (body.grant_type !== GRANT_TYPE) {
        const detail = `grant_type is ${GRANT_TYPE}.`;
        throw new AppError('invalid_request', detail, { oauthError: 'unsupported_grant_type' });
      }
      const type = body.subject_token_type.split(':').at(-1) ?? '';
      const { customToken } = await deps.exchangeToken({ token: body.subject_token, type, requestId });
      return {
        access_token: customToken,
        issued_token_type: JWT,
        token_type: 'N_A' as const,
        expires_in: 3600,
      };
    },
  }),
];
