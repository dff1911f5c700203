import * as z from 'zod';
import { ALGORITHMS, type IssuerProfile } from '../issuer-profile.ts';
import {
  audience,
  commonFields,
  commonProfile,
  issuerUrl,
  text,
  texts,
  tokenUse,
  url,
} from '../issuer-schema.ts';
import { ofTenant, TENANT_ID, tenantProblem } from '../tenants.ts';

const settings = z
  .strictObject({
    ...commonFields,
    type: z.literal('oidc'),
    issuer: issuerUrl,
    tenantIds: z.array(z.string().regex(TENANT_ID, 'is not the id of a tenant')).min(1).max(200).optional(),
    audience,
    jwksUri: url.optional(),
    algorithms: z.array(z.enum(ALGORITHMS)).min(1).default(['RS256']),
    tokenUse: tokenUse.default('access'),
    typ: z.array(z.string().toLowerCase()).min(1).nullable().optional(),
    clientIds: texts.optional(),
    claims: z.record(z.string(), audience).default({}),
    services: z.strictObject({ claim: text, equals: text }).optional(),
  })
  .superRefine((setting, context) => {
    const problem = tenantProblem(setting);
    if (problem !== undefined)
      context.addIssue({ code: 'custom', path: [problem.field], message: problem.message });
  });

/** Any other issuer of OpenID Connect or RFC 9068 tokens: Keycloak, Okta, Microsoft Entra ID, Google … */
export const oidc = settings.transform(({ tenantIds, ...setting }): IssuerProfile | IssuerProfile[] => {
  if (tenantIds === undefined) return oidcProfile(setting);
  return tenantIds.map((tenantId) =>
    oidcProfile({
      ...setting,
      issuer: ofTenant(setting.issuer, tenantId),
      jwksUri: setting.jwksUri && ofTenant(setting.jwksUri, tenantId),
      // Entra ID signs the tokens of all tenants with the same keys.
      claims: { ...setting.claims, tid: [tenantId] },
    }),
  );
});

function oidcProfile(setting: Omit<z.output<typeof settings>, 'tenantIds'>): IssuerProfile {
  const { issuer, audience, jwksUri = null, algorithms, tokenUse, claims, services } = setting;
  // RFC 9068 §2.1: no other JWT has this type.
  const { clientIds = null, typ = tokenUse === 'access' ? ['at+jwt'] : ['', 'jwt'] } = setting;
  return {
    ...commonProfile(setting, 'groups'),
    type: 'oidc',
    issuer,
    accepts: [{ issuer, jwksUri }],
    algorithms,
    typ,
    audience,
    clientIds,
    tokenUse,
    claims,
    rejectReason: () => undefined,
    authTime: null,
    // RFC 9068 §2.2: without a user, the subject is the client.
    adjustTimes: null,
    isService: (payload) =>
      tokenUse === 'access' &&
      (payload.sub === payload.client_id ||
        (services !== undefined && payload[services.claim] === services.equals)),
  };
}
