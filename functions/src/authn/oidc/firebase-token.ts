import { createPrincipal, type Principal } from '../../authz/principal.ts';
import { activeRoles, nextExpiry, readRoleClaims } from '../../authz/role-claims.ts';
import type { Assurance } from '../../core/access-types.ts';
import { type JsonObject, toJsonObject } from '../../core/json.ts';
import type { TokenVerifier } from '../bearer.ts';
import type { UnverifiedToken } from '../parse-jws.ts';
import type { AccessRecord, AccessRecords, FirstSight, ShownProfile } from '../ports.ts';
import { checkRecord } from '../ports.ts';
import type { Session } from '../session-cookie/ports.ts';
import { checkSignIn, type SignInPolicy } from '../sign-in-policy.ts';
import type { VerifiedToken } from '../token-cache.ts';
import type { JwtVerifier, VerifiedJwt } from './verify-jwt.ts';

interface Options {
  /** Of the project's own Firebase. */
  readonly jwt: JwtVerifier;
  /** For sessions that began with a custom token of Gatehouse. */
  readonly records: Pick<AccessRecords, 'read'>;
  readonly firstSight: FirstSight;
  readonly signIn: SignInPolicy;
}

/** A token is verified again after this many seconds if the directory did not answer. */
const RETRY_SECONDS = 10;

/** Verifies Firebase ID tokens of this project. Their role claims are a copy of the directory entry. */
export function createFirebaseTokenVerifier({ jwt, records, firstSight, signIn }: Options): TokenVerifier {
  /** Firebase dates the session later than the sign-in, and the revocation feed keeps changes for an hour only. */
  async function checkEarlierSignIn(principal: Principal): Promise<void> {
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
      const { principal } = verified;
      const { customToken } = found.times;
      const provider = customToken === 'exchange' ? undefined : (principal.provider ?? '');
      checkSignIn(signIn, { ...principal, provider });
      if (customToken !== undefined) {
        await checkEarlierSignIn(principal);
        return verified;
      }
      const record = await firstSight.see(shownBy(token.payload));
      if (record !== undefined) return withRecord(verified, record, now);
      return { ...verified, validUntil: Math.min(verified.validUntil, now + RETRY_SECONDS) };
    },
  };
}

function shownBy({
  sub,
  email,
  email_verified,
  phone_number,
  name,
  picture,
  firebase,
}: JsonObject): ShownProfile {
  const { identities, sign_in_provider } = toJsonObject(firebase);
  const text = (value: unknown) => (typeof value === 'string' ? value : undefined);
  return {
    uid: String(sub),
    email: text(email),
    emailVerified: email_verified === true,
    phoneNumber: text(phone_number),
    displayName: text(name),
    photoUrl: text(picture),
    providers: Object.keys(toJsonObject(identities)),
    signInProvider: text(sign_in_provider),
  };
}

/**
 * A token without a version is older than the user's first roles: those of the directory count. The roles of every other
 * token are a copy, and the revocation feed says when it is outdated.
 */
function withRecord(verified: VerifiedToken, record: AccessRecord, now: number): VerifiedToken {
  const { principal, directoryVersion, validUntil } = verified;
  const { disabled, validAfter, grants, rolesVersion } = record;
  const counted = withCountedFactor(principal, record);
  if (directoryVersion?.rolesVersion !== 0 || disabled || principal.authTime < validAfter)
    return { ...verified, principal: counted };
  return {
    ...verified,
    directoryVersion: { ...directoryVersion, rolesVersion },
    validUntil: Math.min(validUntil, nextExpiry(grants, now)),
    principal: createPrincipal({ ...counted, roles: activeRoles(grants, now) }),
  };
}

/** The principal with its {@link countedAssurance}. */
export function withCountedFactor(principal: Principal, record: Pick<AccessRecord, 'factors'>): Principal {
  const assurance = countedAssurance(principal, record);
  return assurance === principal.assurance
    ? principal
    : createPrincipal({ ...principal, assurance }, principal.permissions);
}

/**
 * A second factor of Identity Platform does not count for a user who has one of Gatehouse: where Identity Platform has MFA
 * switched on, whoever has just signed in with the password can enrol a phone.
 */
export function countedAssurance(
  { uid, assurance }: Pick<Session, 'uid' | 'assurance'>,
  { factors = [] }: Pick<AccessRecord, 'factors'>,
): Assurance {
  const { level, methods } = assurance;
  // A session of another provider may have been raised with a passkey.
  const isOther = uid === undefined || level === 'aal1' || methods.includes('passkey');
  if (isOther || factors.every((kind) => kind === 'firebase')) return assurance;
  return { ...assurance, level: 'aal1' };
}

function toVerified(
  { payload }: UnverifiedToken,
  { profile, times }: VerifiedJwt,
  now: number,
): VerifiedToken {
  const { email, email_verified: emailVerified } = payload;
  const subject = String(payload.sub);
  const { roles, rolesVersion, changesAt } = readRoleClaims(payload, now);
  const { exp, authTime, customToken } = times;
  const { sign_in_provider: named } = toJsonObject(payload.firebase);
  const provider = customToken === 'passkey' ? 'passkey' : named;
  return {
    directoryVersion: { id: subject, rolesVersion, validAfter: 0 },
    validUntil: Math.min(exp, changesAt),
    principal: createPrincipal({
      kind: 'user',
      issuer: profile.issuer,
      subject,
      uid: subject,
      directoryId: subject,
      ...(typeof email === 'string' && { email, emailVerified: emailVerified === true }),
      roles,
      authTime,
      assurance: profile.assurance(payload, times),
      ...(typeof provider === 'string' && { provider }),
      tokenExpiresAt: exp,
      credential: 'bearer',
    }),
  };
}
