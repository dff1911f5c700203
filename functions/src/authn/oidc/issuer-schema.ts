import * as z from 'zod';
import { mapClaims } from '../../authz/claim-mapping.ts';
import { readClaim } from '../../authz/claim-values.ts';
import type { JsonObject } from '../../core/json.ts';
import { DAY } from '../../core/time.ts';
import { FORBIDDEN_HEADER_KEYS } from '../parse-jws.ts';
import { mapSchema, toAccessMap } from './claim-mapping-schema.ts';
import { type IssuerProfile, MAX_KEY_SET_BYTES } from './issuer-profile.ts';

/** Fields and schemas that the providers share. */

/** Seconds. The longest lifetime that an issuer here allows: 30 days, of Auth0. */
const MAX_LIFETIME = 30 * DAY;

export const text = z.string().min(1).max(512);
export const texts = z.array(text).min(1);
export const tokenUse = z.enum(['access', 'id']);

/** https, or http on this machine. */
export const url = z
  .url({ protocol: /^https?$/, error: 'is not a URL like https://login.example.com/' })
  .refine((url) => !/[#\s]/.test(url) && URL.parse(url)?.username === '', 'has more than an address')
  .refine((url) => /^https:|^http:\/\/(127\.0\.0\.1|localhost)[:/]/.test(url), 'has to begin with https://');

/** No query (RFC 8414 §2). `iss` is compared character by character. */
export const issuerUrl = url.refine((url) => !url.includes('?'), 'has more than host and path');

/** A URL to which paths are appended. */
export const baseUrl = issuerUrl.refine((url) => !url.endsWith('/'), 'ends in a slash');

/** One, or any of several. */
export const audience = z.union([text.transform((one) => [one]), texts], {
  error: ({ input }) => (input === undefined ? 'is missing' : 'has to be a text, or a list of texts'),
});

/** A header parameter that is accepted and ignored. */
const headerKey = z
  .string()
  .min(1)
  .max(64)
  .refine((key) => !FORBIDDEN_HEADER_KEYS.includes(key), 'can never be allowed: it changes what is verified');

/** Fields of every external issuer. */
export const commonFields = {
  map: mapSchema.prefault({}),
  maxLifetime: z.int().min(60).max(MAX_LIFETIME).default(DAY),
  maxKeySetBytes: z
    .int()
    .min(1024)
    .max(4 * 1024 * 1024)
    .default(MAX_KEY_SET_BYTES),
  headerKeys: z.array(headerKey).max(20).default([]),
  aal2: z.record(text, audience).default({}),
  jitProvisioning: z.boolean().default(false),
  tokenExchange: z.boolean().default(false),
};

/** A list of strings, or one string. */
function valuesOf(payload: JsonObject, claim: string): readonly string[] {
  return readClaim(payload, { path: [claim], format: 'list' }, () => false).texts;
}

/** @param groupsClaim the claim in which this kind of issuer lists a user's groups */
export function commonProfile(setting: z.output<z.ZodObject<typeof commonFields>>, groupsClaim: string) {
  const { maxLifetime, maxKeySetBytes, headerKeys, jitProvisioning, tokenExchange } = setting;
  const map = toAccessMap(setting.map, groupsClaim);
  const access: IssuerProfile['access'] = (payload, kind) => ({
    ...mapClaims(payload, map, kind),
    until: Number.POSITIVE_INFINITY,
  });
  const secondFactors = Object.entries(setting.aal2);
  // OpenID Connect Core §2 for ID tokens, RFC 9068 §2.2.1 for access tokens.
  const assurance: IssuerProfile['assurance'] = (payload, { signedInAt: at }) => {
    const methods = Array.isArray(payload.amr) ? valuesOf(payload, 'amr') : [];
    const isProved = secondFactors.some(([claim, values]) =>
      (claim === 'amr' ? methods : valuesOf(payload, claim)).some((value) => values.includes(value)),
    );
    return { level: isProved ? 'aal2' : 'aal1', at, methods };
  };
  return { maxLifetime, maxKeySetBytes, headerKeys, jitProvisioning, tokenExchange, access, assurance };
}
