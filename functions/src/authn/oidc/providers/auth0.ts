import * as z from 'zod';
import type { IssuerProfile } from '../issuer-profile.ts';
import { baseUrl, commonFields, commonProfile, text, texts } from '../issuer-schema.ts';

const settings = z.strictObject({
  ...commonFields,
  type: z.literal('auth0'),
  domain: z.string().regex(/^([a-z0-9-]+\.)+[a-z0-9-]+$/, 'is not a domain like tenant.eu.auth0.com'),
  audience: text,
  clientIds: texts.optional(),
  organizationIds: texts.optional(),
  localUrl: baseUrl.optional(),
});

/** A tenant of Auth0. https://auth0.com/docs/secure/tokens/access-tokens/access-token-profiles */
export const auth0 = settings.transform((setting): IssuerProfile => {
  const { domain, audience, clientIds = null, organizationIds, localUrl } = setting;
  const base = localUrl ?? `https://${domain}`;
  return {
    ...commonProfile(setting, 'groups'),
    type: 'auth0',
    issuer: `${base}/`,
    accepts: [{ issuer: `${base}/`, jwksUri: `${base}/.well-known/jwks.json` }],
    algorithms: ['RS256'],
    typ: ['jwt', 'at+jwt'],
    audience: [audience],
    clientIds,
    tokenUse: 'access',
    // https://auth0.com/docs/manage-users/organizations/using-tokens
    claims: organizationIds ? { org_id: organizationIds } : {},
    // Both access token profiles of Auth0 have the client in `azp` or `client_id`; an ID token has it in `aud`.
    rejectReason: ({ client_id, azp = client_id, aud }) =>
      typeof azp !== 'string' || aud === azp ? 'id-token-as-access-token' : undefined,
    authTime: null,
    // Not every subject with this ending: users of a database connection can choose theirs.
    adjustTimes: null,
    isService: ({ gty, sub, client_id, azp = client_id }) =>
      gty === 'client-credentials' || (typeof azp === 'string' && sub === `${azp}@clients`),
  };
});
