import * as z from 'zod';
import { mapSchema } from './claim-mapping-schema.ts';
import { ALGORITHMS } from './issuer-profile.ts';

/** Seconds. No issuer here grants more: Auth0's longest access token lives 30 days. */
const MAX_LIFETIME = 30 * 24 * 3600;

const text = z.string().min(1).max(512);
const texts = z.array(text).min(1);
const use = z.enum(['access', 'id']);
const domain = z.string().regex(/^([a-z0-9-]+\.)+[a-z0-9-]+$/, 'is not a domain like tenant.eu.auth0.com');

/** https; on this machine http. */
const url = z
  .url({ protocol: /^https?$/, error: 'is not a URL like https://login.example.com/' })
  .refine((url) => !/[#\s]/.test(url) && URL.parse(url)?.username === '', 'has more than an address')
  .refine((url) => /^https:|^http:\/\/(127\.0\.0\.1|localhost)[:/]/.test(url), 'has to begin with https://');

/** No query (RFC 8414 §2). What `iss` says is compared letter by letter. */
const issuerUrl = url.refine((url) => !url.includes('?'), 'has more than host and path');

/** What a path is put after. */
const baseUrl = issuerUrl.refine((url) => !url.endsWith('/'), 'ends in a slash');

/** One, or any of several. */
const audience = z.union([text.transform((one) => [one]), texts], {
  error: ({ input }) => (input === undefined ? 'is missing' : 'has to be a text, or a list of texts'),
});

const common = {
  map: mapSchema.prefault({}),
  maxLifetime: z.int().min(60).max(MAX_LIFETIME).optional(),
  jitProvisioning: z.boolean().default(false),
  tokenExchange: z.boolean().default(false),
};

/** One entry of TRUSTED_ISSUERS. */
export const issuerSchema = z.discriminatedUnion('type', [
  z
    .strictObject({
      ...common,
      type: z.literal('cognito'),
      region: z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'is not a region like eu-west-1'),
      userPoolId: z.string().regex(/^[\w-]+_[0-9A-Za-z]+$/, 'is not an id like eu-west-1_AbCdEfGhI'),
      clientIds: texts,
      tokenUse: use,
      audience: audience.optional(),
      localUrl: baseUrl.optional(),
    })
    .refine(({ tokenUse, audience }) => tokenUse === 'access' || audience === undefined, {
      path: ['audience'],
      error: 'is for access tokens: that of an ID token is its client',
    })
    .refine(
      ({ region, userPoolId, localUrl }) => localUrl !== undefined || userPoolId.startsWith(`${region}_`),
      {
        path: ['userPoolId'],
        error: 'is of another region',
      },
    ),
  z.strictObject({
    ...common,
    type: z.literal('auth0'),
    domain,
    audience: text,
    clientIds: texts.optional(),
    localUrl: baseUrl.optional(),
  }),
  z.strictObject({
    ...common,
    type: z.literal('oidc'),
    issuer: issuerUrl,
    audience,
    jwksUri: url.optional(),
    algorithms: z.array(z.enum(ALGORITHMS)).min(1).default(['RS256']),
    tokenUse: use.default('access'),
    typ: z.array(z.string().toLowerCase()).min(1).nullable().optional(),
    headerKeys: z.array(z.enum(['x5t', 'x5t#S256'])).default([]),
    clientIds: texts.optional(),
    claims: z.record(z.string(), text).default({}),
    services: z.strictObject({ claim: text, equals: text }).optional(),
  }),
  z.strictObject({
    type: z.literal('firebase'),
    projectId: z.string().regex(/^[a-z0-9-]{4,40}$/, 'is not a project id'),
  }),
]);

export type IssuerSetting = z.output<typeof issuerSchema>;
