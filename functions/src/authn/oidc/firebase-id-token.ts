import type { DecodedIdToken } from 'firebase-admin/auth';
import { type Assurance, createPrincipal, type Principal } from '../../authz/principal.ts';
import { readRoleClaims } from '../../authz/role-claims.ts';
import { withDeadline } from '../../core/deadline.ts';
import { AppError, invalidToken, tokenStale, unavailable } from '../../core/errors.ts';
import { createMutex } from '../../core/mutex.ts';
import { isUid } from '../../core/uid.ts';
import type { AccessRecords } from '../access-records.ts';
import type { TokenVerifier } from '../bearer.ts';
import { checkRecord } from '../check-record.ts';
import { isExternalId } from '../external-identity.ts';
import type { UnverifiedToken } from '../parse-jws.ts';
import type { VerifiedToken } from '../token-cache.ts';
import { readTimes } from '../token-times.ts';

/** Firebase ID tokens live one hour (https://firebase.google.com/docs/auth/admin/verify-id-tokens). */
const PROFILE = { maxLifetime: 3600, authTime: 'required' } as const;

interface Options {
  readonly projectId: string;
  /** The Auth emulator's tokens are unsigned (`alg: none`); production accepts RS256 only. */
  readonly emulator: boolean;
  /** `getAuth().verifyIdToken`, without its own revocation check: that is `authenticate.ts`. */
  readonly verifyIdToken: (token: string) => Promise<DecodedIdToken>;
  /** For sessions that an exchange began. */
  readonly records: Pick<AccessRecords, 'read'>;
}

/** Verifies Firebase ID tokens. The signature is verified by firebase-admin. */
export function createFirebaseIdTokenVerifier({
  projectId,
  emulator,
  verifyIdToken,
  records,
}: Options): TokenVerifier {
  const issuer = `https://securetoken.google.com/${projectId}`;
  const oneAtATime = createMutex((error) => error instanceof AppError && error.code === 'unavailable');

  async function verifySignature(token: string): Promise<DecodedIdToken> {
    try {
      return await withDeadline('verifyIdToken', verifyIdToken(token));
    } catch (cause) {
      throw toRefusal(cause);
    }
  }

  /** The access changes are forgotten after an hour; Firebase holds such a session for younger than they were. */
  async function checkExchanged(principal: Principal): Promise<void> {
    const record = await records.read(principal.subject);
    const { authTime } = principal;
    // Without an account nobody gets in either.
    checkRecord(record ?? { disabled: true, validAfter: 0 }, authTime, principal);
  }

  return {
    issuers: [issuer],
    headerKeys: [],
    async verify(token, now) {
      checkForm(token, projectId, emulator);
      const { exp, authTime: signIn } = readTimes(token.payload, PROFILE, now);
      const exchanged = subjectAuthTime(token);
      const authTime = Math.min(signIn, exchanged ?? signIn);
      const claims = await oneAtATime(() => verifySignature(token.raw));
      const verified = toVerified(claims, { issuer, exp, authTime, now });
      if (exchanged !== undefined) await checkExchanged(verified.principal);
      return verified;
    },
  };
}

/** Everything that can be refused before a key is needed. `iss` has chosen this authenticator already. */
function checkForm({ header, payload, signed }: UnverifiedToken, projectId: string, emulator: boolean): void {
  if (header.alg !== (emulator ? 'none' : 'RS256') || signed === emulator)
    throw invalidToken('wrong-algorithm');
  if (header.typ !== undefined && header.typ !== 'JWT') throw invalidToken('wrong-typ');
  const kid = header.kid;
  if (!emulator && !(typeof kid === 'string' && /^[\w-]{1,128}$/.test(kid)))
    throw invalidToken('no-usable-kid');
  if (payload.aud !== projectId) throw invalidToken('wrong-audience');
  if (!isUid(payload.sub)) throw invalidToken('no-usable-sub');
  // Users of an Identity Platform tenant have ids of their own; looked up without it, they would be somebody else.
  if (isObject(payload.firebase) && payload.firebase.tenant !== undefined) throw invalidToken('tenant-token');
}

/**
 * A session that an exchange began (`exchange/`) is no younger than the sign-in that was exchanged: a custom token kept
 * for its hour must not outlive a revocation, nor a password set in such a session.
 */
function subjectAuthTime({ payload }: UnverifiedToken): number | undefined {
  const { sub, subject_auth_time: value } = payload;
  if (value === undefined && !isExternalId(String(sub))) return undefined;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  const logDetail = 'subject_auth_time is not a whole number of seconds';
  throw invalidToken('malformed-time-claim', { logDetail });
}

/**
 * firebase-admin reports a bad token and an unreachable key server with the same code, `auth/argument-error`. What it
 * says of a token begins with these words; anything else is a failure of something else. The unit tests drive the real
 * SDK into each case.
 */
function toRefusal(cause: unknown): unknown {
  if (cause instanceof AppError || !(cause instanceof Error) || !('code' in cause)) return cause;
  const code = String(cause.code);
  const { message } = cause;
  if (code === 'auth/id-token-revoked') return tokenStale('revoked');
  const aboutToken = code === 'auth/argument-error' && message.startsWith('Firebase ID token has ');
  return aboutToken || TOKEN_ERRORS.has(code)
    ? invalidToken(aboutToken ? 'wrong-signature' : 'refused-by-auth-emulator', { logDetail: code, cause })
    : unavailable(`verifyIdToken: ${code}`, cause);
}

const TOKEN_ERRORS = new Set([
  'auth/id-token-expired',
  // Only the emulator looks the account up while it verifies.
  'auth/user-disabled',
  'auth/user-not-found',
]);

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** Identity Platform names the second factor only where the sign-in proved one. */
function assuranceOf(firebase: Partial<DecodedIdToken['firebase']> = {}, at: number): Assurance {
  const { sign_in_provider: first, sign_in_second_factor: second } = firebase;
  const methods = [first, second].filter((method) => typeof method === 'string');
  return { level: second === undefined ? 'aal1' : 'aal2', at, methods };
}

function toVerified(
  claims: DecodedIdToken,
  { issuer, exp, authTime, now }: { issuer: string; exp: number; authTime: number; now: number },
): VerifiedToken {
  const { sub, email, email_verified: emailVerified, firebase } = claims;
  const { roles, rolesVersion, changesAt } = readRoleClaims(claims, now);
  return {
    directoryVersion: { id: sub, rolesVersion, validAfter: 0 },
    validUntil: Math.min(exp, changesAt),
    principal: createPrincipal({
      kind: 'user',
      issuer,
      subject: sub,
      uid: sub,
      directoryId: sub,
      ...(email !== undefined && { email, emailVerified: emailVerified === true }),
      roles,
      authTime,
      assurance: assuranceOf(firebase, authTime),
      ...(firebase?.sign_in_provider !== undefined && { provider: firebase.sign_in_provider }),
      tokenExpiresAt: exp,
      credential: 'bearer',
    }),
  };
}
