import { createPrincipal, type Principal } from '../../authz/principal.ts';
import { readRoleClaims } from '../../authz/role-claims.ts';
import { toJsonObject } from '../../core/json.ts';
import type { TokenVerifier } from '../bearer.ts';
import type { UnverifiedToken } from '../parse-jws.ts';
import type { AccessRecords } from '../ports.ts';
import { checkRecord } from '../ports.ts';
import type { VerifiedToken } from '../token-cache.ts';
import type { JwtVerifier, VerifiedJwt } from './verify-jwt.ts';

interface Options {
  /** Of the project's own Firebase. */
  readonly jwt: JwtVerifier;
  /** For sessions of a token exchange. */
  readonly records: Pick<AccessRecords, 'read'>;
}

/** Verifies Firebase ID tokens of this project. Their role claims are a copy of the directory entry. */
export function createFirebaseTokenVerifier({ jwt, records }: Options): TokenVerifier {
  /** Firebase dates the session later than the sign-in, and the revocation feed keeps changes for an hour only. */
  async function checkExchanged(principal: Principal): Promise<void> {
    const record = await records.read(principal.subject);
    const { authTime } = principal;
    // A deleted account is rejected like a disabled one.
    checkRecord(record ?? { disabled: true, validAfter: 0 }, authTime, principal);
  }

  return {
    issuers: jwt.issuers,
    headerKeys: jwt.headerKeys,
    async verify(token, now) {
      const found = await jwt.verify(token, now);
      const verified = toVerified(token, found, now);
      if (found.times.isExchanged) await checkExchanged(verified.principal);
      return verified;
    },
  };
}

function toVerified(
  { payload }: UnverifiedToken,
  { profile: { issuer }, times: { exp, authTime, signedInAt } }: VerifiedJwt,
  now: number,
): VerifiedToken {
  const { email, email_verified: emailVerified } = payload;
  const subject = String(payload.sub);
  const { roles, rolesVersion, changesAt } = readRoleClaims(payload, now);
  // https://firebase.google.com/docs/reference/admin/node/firebase-admin.auth.decodedidtoken#decodedidtokenfirebase
  const { sign_in_provider: provider, sign_in_second_factor: secondFactor } = toJsonObject(payload.firebase);
  const methods = [provider, secondFactor].filter((method) => typeof method === 'string');
  return {
    directoryVersion: { id: subject, rolesVersion, validAfter: 0 },
    validUntil: Math.min(exp, changesAt),
    principal: createPrincipal({
      kind: 'user',
      issuer,
      subject,
      uid: subject,
      directoryId: subject,
      ...(typeof email === 'string' && { email, emailVerified: emailVerified === true }),
      roles,
      authTime,
      // Identity Platform names the second factor only where the sign-in proved one.
      assurance: { level: typeof secondFactor === 'string' ? 'aal2' : 'aal1', at: signedInAt, methods },
      ...(typeof provider === 'string' && { provider }),
      tokenExpiresAt: exp,
      credential: 'bearer',
    }),
  };
}
