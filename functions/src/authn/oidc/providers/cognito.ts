import * as z from 'zod';
import type { IssuerProfile } from '../issuer-profile.ts';
import { audience, baseUrl, commonFields, commonProfile, texts, tokenUse } from '../issuer-schema.ts';

const settings = z
  .strictObject({
    ...commonFields,
    type: z.literal('cognito'),
    region: z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'is not a region like eu-west-1'),
    userPoolId: z.string().regex(/^[\w-]+_[0-9A-Za-z]+$/, 'is not an id like eu-west-1_AbCdEfGhI'),
    clientIds: texts,
    tokenUse,
    audience: audience.optional(),
    localUrl: baseUrl.optional(),
  })
  .refine(({ tokenUse, audience }) => tokenUse === 'access' || audience === undefined, {
    path: ['audience'],
    error: 'is for access tokens: that of an ID token is its client',
  })
  .refine(
    ({ region, userPoolId, localUrl }) => localUrl !== undefined || userPoolId.startsWith(`${region}_`),
    { path: ['userPoolId'], error: 'is of another region' },
  );

/**
 * A user pool of Amazon Cognito.
 *
 * https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html
 */
export const cognito = settings.transform((setting): IssuerProfile => {
  const { region, userPoolId, clientIds, tokenUse, audience, localUrl } = setting;
  const bases =
    localUrl === undefined
      ? [`https://cognito-idp.${region}.amazonaws.com`, `https://issuer-cognito-idp.${region}.amazonaws.com`]
      : [localUrl];
  const issuers = bases.map((base) => `${base}/${userPoolId}`);
  return {
    ...commonProfile(setting, 'cognito:groups'),
    type: 'cognito',
    issuer: `${bases[0]}/${userPoolId}`,
    accepts: issuers.map((issuer) => ({ issuer, jwksUri: `${issuer}/.well-known/jwks.json` })),
    algorithms: ['RS256'],
    typ: ['', 'jwt'],
    // An access token has an `aud` only where its app bound it to an API. Its `client_id` names the app.
    audience: tokenUse === 'id' ? clientIds : (audience ?? null),
    clientIds: tokenUse === 'id' ? null : clientIds,
    tokenUse,
    claims: { token_use: [tokenUse] },
    // RFC 8707 §2: a token with an `aud` is for that API only. A trigger of the pool may put the client id there.
    rejectReason: ({ aud, client_id }) =>
      aud === undefined || tokenUse === 'id' || audience !== undefined || aud === client_id
        ? undefined
        : 'bound-to-another-api',
    authTime: 'required',
    // A person's `sub` is a UUID, which no client id is.
    adjustTimes: null,
    isService: ({ sub, client_id, username }) => sub === client_id && username === undefined,
  };
});
