import * as z from 'zod';
import { readRoleClaims } from '../../../authz/role-claims.ts';
import { invalidToken } from '../../../core/errors.ts';
import { type JsonObject, toJsonObject } from '../../../core/json.ts';
import { isExternalId } from '../../external-identity.ts';
import type { UnverifiedToken } from '../../parse-jws.ts';
import {
  CLOCK_SKEW_SECONDS,
  PASSKEY_AUTH_TIME,
  readSecond,
  SUBJECT_AUTH_TIME,
  type TokenTimes,
} from '../../token-times.ts';
import { type IssuerProfile, MAX_KEY_SET_BYTES } from '../issuer-profile.ts';

/** Longest life of an ID token, and of a custom token, in seconds (https://firebase.google.com/docs/auth/admin/verify-id-tokens). */
const HOUR = 3600;

/** The issuer of the ID tokens of a Firebase project. */
export const firebaseIssuer = (projectId: string) => `https://securetoken.google.com/${projectId}`;

const isName = (value: unknown): value is string => typeof value === 'string' && value !== '';

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
    // https://firebase.google.com/docs/reference/admin/node/firebase-admin.auth.decodedidtoken#decodedidtokenfirebase
    assurance: ({ firebase }, { signedInAt: at, customToken }) => {
      if (customToken === 'passkey') return { level: 'aal2', at, methods: ['passkey'] };
      const { sign_in_provider: provider, sign_in_second_factor: secondFactor } = toJsonObject(firebase);
      const methods = [provider, secondFactor].filter(isName);
      // Identity Platform names the second factor only where the sign-in proved one.
      return { level: isName(secondFactor) ? 'aal2' : 'aal1', at, methods };
    },
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
 * A session that began with a custom token is as old as what that token was made for: a custom token is valid for an hour,
 * and must not outlive a revocation. The sign-in behind a token exchange is of unknown time: the issuer may have refreshed
 * its token for weeks.
 */
function firebaseTimes({ header, payload }: UnverifiedToken, times: TokenTimes, now: number): TokenTimes {
  // Google writes whole seconds.
  for (const claim of ['iat', 'exp', 'auth_time']) readSecond(payload, claim);
  if (payload.nbf !== undefined) readSecond(payload, 'nbf');
  if (header.typ !== undefined && header.typ !== 'JWT') throw invalidToken('wrong-typ');
  if (typeof payload.nbf === 'number' && payload.nbf > now) throw invalidToken('issued-in-the-future');
  const isExchanged = payload[SUBJECT_AUTH_TIME] !== undefined || isExternalId(String(payload.sub));
  if (isExchanged) {
    const authTime = Math.min(times.authTime, readSecond(payload, SUBJECT_AUTH_TIME));
    return { ...times, authTime, signedInAt: undefined, customToken: 'exchange' };
  }
  if (!isByPasskey(payload)) return times;
  const authTime = Math.min(times.authTime, passkeyTime(payload, times.authTime));
  return { ...times, authTime, signedInAt: authTime, customToken: 'passkey' };
}

/** Custom claims of an account are in the tokens of every sign-in: the claim counts only where a custom token began it. */
function isByPasskey({ firebase, [PASSKEY_AUTH_TIME]: at }: JsonObject): boolean {
  return at !== undefined && toJsonObject(firebase).sign_in_provider === 'custom';
}

/** A custom claim of the account would date any sign-in: it has to be within the life of a custom token. */
function passkeyTime(payload: JsonObject, authTime: number): number {
  const at = readSecond(payload, PASSKEY_AUTH_TIME);
  if (at > authTime + CLOCK_SKEW_SECONDS) throw invalidToken('issued-in-the-future');
  if (at >= authTime - HOUR - CLOCK_SKEW_SECONDS) return at;
  throw invalidToken('malformed-time-claim', { logDetail: `${PASSKEY_AUTH_TIME} is not of this sign-in` });
}

/** As a setting, to verify the tokens of a project outside of that project, e.g. in AWS Lambda. */
export const firebase = z
  .strictObject({
    type: z.literal('firebase'),
    projectId: z.string().regex(/^[a-z0-9-]{4,40}$/, 'is not a project id'),
  })
  .transform(({ projectId }) => firebaseProfile(projectId));
