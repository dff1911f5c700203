import * as z from 'zod';
import { readRoleClaims } from '../../../authz/role-claims.ts';
import { invalidToken } from '../../../core/errors.ts';
import { isExternalId } from '../../external-identity.ts';
import type { UnverifiedToken } from '../../parse-jws.ts';
import { readSecond, type TokenTimes } from '../../token-times.ts';
import { type IssuerProfile, MAX_KEY_SET_BYTES } from '../issuer-profile.ts';

/** Longest life of an ID token, in seconds (https://firebase.google.com/docs/auth/admin/verify-id-tokens). */
const HOUR = 3600;

/** The issuer of the ID tokens of a Firebase project. */
export const firebaseIssuer = (projectId: string) => `https://securetoken.google.com/${projectId}`;

/** ID tokens of a Firebase project. Their role claims are Gatehouse's own, so there is nothing to map. */
export function firebaseProfile(projectId: string): IssuerProfile {
  const issuer = firebaseIssuer(projectId);
  const jwksUri = 'https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com';
  return {
    type: 'firebase',
    issuer,
    accepts: [{ issuer, jwksUri }],
    maxKeySetBytes: MAX_KEY_SET_BYTES,
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
    adjustTimes: firebaseTimes,
    isService: () => false,
    access: (payload, _kind, now) => {
      const { roles, changesAt } = readRoleClaims(payload, now);
      return { roles, permissions: [], until: changesAt };
    },
    jitProvisioning: false,
    tokenExchange: false,
  };
}

/**
 * Checks that firebase-admin makes beyond the profile. It gives `nbf` no tolerance, so there is none here either.
 *
 * A session of a token exchange is as old as the exchanged token: a custom token is valid for an hour, and must not outlive
 * a revocation. The time of its sign-in is unknown: the issuer may have refreshed its token for weeks.
 */
function firebaseTimes({ header, payload }: UnverifiedToken, times: TokenTimes, now: number): TokenTimes {
  // Google writes whole seconds.
  for (const claim of ['iat', 'exp', 'auth_time']) readSecond(payload, claim);
  if (payload.nbf !== undefined) readSecond(payload, 'nbf');
  if (header.typ !== undefined && header.typ !== 'JWT') throw invalidToken('wrong-typ');
  if (typeof payload.nbf === 'number' && payload.nbf > now) throw invalidToken('issued-in-the-future');
  const isExchanged = payload.subject_auth_time !== undefined || isExternalId(String(payload.sub));
  if (!isExchanged) return times;
  const authTime = Math.min(times.authTime, readSecond(payload, 'subject_auth_time'));
  return { ...times, authTime, signedInAt: undefined, isExchanged };
}

/** As a setting, to verify the tokens of a project outside of that project, e.g. in AWS Lambda. */
export const firebase = z
  .strictObject({
    type: z.literal('firebase'),
    projectId: z.string().regex(/^[a-z0-9-]{4,40}$/, 'is not a project id'),
  })
  .transform(({ projectId }) => firebaseProfile(projectId));
