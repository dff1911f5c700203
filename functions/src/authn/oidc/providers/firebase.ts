import * as z from 'zod';
import { readRoleClaims } from '../../../authz/role-claims.ts';
import type { IssuerProfile } from '../issuer-profile.ts';

/** Longest life of an ID token, in seconds (https://firebase.google.com/docs/auth/admin/verify-id-tokens). */
const HOUR = 3600;

/** ID tokens of a Firebase project. Their role claims are Gatehouse's own, so there is nothing to map. */
export function firebaseProfile(projectId: string): IssuerProfile {
  const issuer = `https://securetoken.google.com/${projectId}`;
  const jwksUri = 'https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com';
  return {
    type: 'firebase',
    issuer,
    accepts: [{ issuer, jwksUri }],
    algorithms: ['RS256'],
    typ: ['', 'jwt'],
    headerKeys: [],
    audience: [projectId],
    clientIds: null,
    tokenUse: 'id',
    claims: {},
    rejectReason: ({ aud, firebase }) => {
      // Never a list, as in firebase-admin.
      if (typeof aud !== 'string') return 'wrong-audience';
      // The ids of users are unique within a tenant only.
      return Object.hasOwn(Object(firebase), 'tenant') ? 'tenant-token' : undefined;
    },
    maxLifetime: HOUR,
    authTime: 'required',
    isService: () => false,
    access: (payload, _kind, now) => {
      const { roles, changesAt } = readRoleClaims(payload, now);
      return { roles, permissions: [], until: changesAt };
    },
    jitProvisioning: false,
    tokenExchange: false,
  };
}

/** As a setting, to verify the tokens of a project outside of that project, e.g. in AWS Lambda. */
export const firebase = z
  .strictObject({
    type: z.literal('firebase'),
    projectId: z.string().regex(/^[a-z0-9-]{4,40}$/, 'is not a project id'),
  })
  .transform(({ projectId }) => firebaseProfile(projectId));
