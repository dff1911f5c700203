import type { DecodedIdToken } from 'firebase-admin/auth';
import { rolesFromClaim } from '../../authz/roles.ts';
import { type AppError, invalidToken, unavailable } from '../../errors.ts';
import { withDeadline } from '../../lib/deadline.ts';
import { createPrincipal } from '../principal.ts';
import type { UnverifiedToken } from '../token-guard.ts';
import { readTimes } from '../token-times.ts';
import type { VerifiedToken } from '../verified-token-cache.ts';
import type { Authenticator } from './authenticator.ts';

/** Firebase ID tokens live one hour (https://firebase.google.com/docs/auth/admin/verify-id-tokens). */
const PROFILE = { maxLifetime: 3600, authTime: 'required' } as const;

interface Options {
  readonly projectId: string;
  /** The Auth emulator's tokens are unsigned (`alg: none`); production accepts RS256 only. */
  readonly emulator: boolean;
  /** `getAuth().verifyIdToken`, without its own revocation check: that is `account-states.ts`. */
  readonly verifyIdToken: (token: string) => Promise<DecodedIdToken>;
}

/** Authenticates users by Firebase ID token. The signature is verified by firebase-admin. */
export function createFirebaseIdTokenAuthenticator({
  projectId,
  emulator,
  verifyIdToken,
}: Options): Authenticator {
  const issuer = `https://securetoken.google.com/${projectId}`;
  return {
    issuer,
    async authenticate(token, now) {
      checkForm(token, projectId, emulator);
      const { exp, authTime } = readTimes(token.payload, PROFILE, now);
      let claims: DecodedIdToken;
      try {
        claims = await withDeadline('verifyIdToken', verifyIdToken(token.raw));
      } catch (cause) {
        throw toRefusal(cause);
      }
      return toVerified(claims, { issuer, exp, authTime });
    },
  };
}

/** Everything that can be refused before a key is needed. `iss` has chosen this authenticator already. */
function checkForm({ header, payload, signed }: UnverifiedToken, projectId: string, emulator: boolean): void {
  if (header.alg !== (emulator ? 'none' : 'RS256') || signed === emulator)
    throw invalidToken('wrong algorithm');
  if (header.typ !== undefined && header.typ !== 'JWT') throw invalidToken('wrong typ');
  const kid = header.kid;
  if (!emulator && !(typeof kid === 'string' && /^[\w-]{1,128}$/.test(kid)))
    throw invalidToken('no usable kid');
  if (payload.aud !== projectId) throw invalidToken('wrong audience');
  const sub = payload.sub;
  // Firebase allows 1 to 128 characters; a slash or a control character could never name a document or a log line.
  if (typeof sub !== 'string' || !/^[^/\p{Cc}]{1,128}$/u.test(sub)) throw invalidToken('no usable sub');
}

/**
 * firebase-admin reports a bad signature and an unreachable key server with the same code, `auth/argument-error`, so
 * the message has to tell them apart. The unit tests drive the real SDK into each of these cases.
 */
function toRefusal(cause: unknown): AppError | unknown {
  const { code, message } = cause as { code?: unknown; message?: unknown };
  if (typeof code !== 'string' || typeof message !== 'string' || !code.startsWith('auth/')) return cause;
  if (/^Error (fetching public keys|while making request)/.test(message))
    return unavailable('Google certificates', cause);
  switch (code) {
    case 'auth/argument-error':
    case 'auth/id-token-expired':
    // Only the emulator looks the account up while it verifies.
    case 'auth/id-token-revoked':
    case 'auth/user-disabled':
    case 'auth/user-not-found':
      return invalidToken(code, cause);
    default:
      return unavailable(`verifyIdToken: ${code}`, cause);
  }
}

function toVerified(
  claims: DecodedIdToken,
  { issuer, exp, authTime }: { issuer: string; exp: number; authTime: number },
): VerifiedToken {
  const { sub, email, email_verified: emailVerified, firebase } = claims;
  const rolesVersion: unknown = claims.rv;
  return {
    rolesVersion: typeof rolesVersion === 'number' ? rolesVersion : 0,
    principal: createPrincipal({
      kind: 'user',
      issuer,
      subject: sub,
      uid: sub,
      ...(email !== undefined && { email, emailVerified: emailVerified === true }),
      roles: rolesFromClaim(claims.roles),
      authTime,
      // Set by Identity Platform when the sign-in proved a second factor.
      assurance: firebase?.sign_in_second_factor === undefined ? 'aal1' : 'aal2',
      ...(firebase?.sign_in_provider !== undefined && { provider: firebase.sign_in_provider }),
      ...(firebase?.tenant !== undefined && { tenant: firebase.tenant }),
      tokenExpiresAt: exp,
      credential: 'bearer',
    }),
  };
}
