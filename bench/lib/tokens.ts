import { mintIdToken } from '../../functions/test/helpers/google.ts';

/** A fictitious Cognito user pool, in the format that AWS's verifier requires. */
export const COGNITO = {
  region: 'us-east-1',
  userPoolId: 'us-east-1_Bench0000',
  clientId: 'bench-client',
  issuer: 'https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Bench0000',
} as const;

/** The trusted issuers: this user pool. */
export const TRUSTED_ISSUERS = [
  {
    type: 'cognito',
    region: COGNITO.region,
    userPoolId: COGNITO.userPoolId,
    clientIds: [COGNITO.clientId],
    tokenUse: 'access',
    map: { everyone: ['member'] },
  },
];

/** A Firebase ID token of a member. */
export const firebaseToken = (claims: Record<string, unknown> = {}): Promise<string> =>
  mintIdToken({ roles: ['member'], rv: 1, ...claims });

/** A Cognito access token, signed with the same key. */
export const cognitoToken = (): Promise<string> =>
  mintIdToken({
    ...{ iss: COGNITO.issuer, client_id: COGNITO.clientId, token_use: 'access', scope: 'openid' },
    ...{ sub: '5f1c2d3e-0000-4000-8000-000000000001', username: 'ada', jti: 'bench' },
    ...{
      aud: undefined,
      user_id: undefined,
      firebase: undefined,
      email: undefined,
      email_verified: undefined,
    },
  });
