import type { Auth } from 'firebase-admin/auth';
import type { IssuerProfile } from '../../authn/oidc/issuer-profile.ts';
import { rejectPayload } from '../../authn/oidc/reject-reason.ts';
import { type JwtVerifier, timesOf } from '../../authn/oidc/verify-jwt.ts';
import { withDeadline } from '../../core/deadline.ts';
import { AppError, invalidToken, tokenStale, unavailable } from '../../core/errors.ts';

interface Options {
  /** Of the project's own Firebase. */
  readonly profile: IssuerProfile;
  /** The SDK accepts unsigned tokens where FIREBASE_AUTH_EMULATOR_HOST is set, and there only. */
  readonly auth: () => Promise<Pick<Auth, 'verifyIdToken'>>;
}

/**
 * Verifies ID tokens of the Auth emulator, which are unsigned (`alg: none`), with firebase-admin, which looks up the account.
 * Never used in production: https://firebase.google.com/docs/emulator-suite/connect_auth
 */
export function createEmulatorTokenVerifier({ profile, auth }: Options): JwtVerifier {
  return {
    issuers: [profile.issuer],
    headerKeys: [],
    async verify(token, now) {
      const { raw, header, payload, signed } = token;
      if (header.alg !== 'none' || signed) throw invalidToken('wrong-algorithm');
      const rejection = rejectPayload(payload, profile);
      if (rejection !== undefined) throw invalidToken(rejection.reason, rejection);
      const times = timesOf(token, profile, now);
      const verifying = auth().then((sdk) => sdk.verifyIdToken(raw));
      await withDeadline('verifyIdToken', verifying).catch((cause) => {
        throw toRefusal(cause);
      });
      return { profile, times };
    },
  };
}

const TOKEN_ERRORS = new Set([
  'auth/argument-error',
  'auth/id-token-expired',
  'auth/user-disabled',
  'auth/user-not-found',
]);

function toRefusal(cause: unknown): unknown {
  if (cause instanceof AppError || !(cause instanceof Error) || !('code' in cause)) return cause;
  const code = String(cause.code);
  if (code === 'auth/id-token-revoked') return tokenStale('revoked');
  return TOKEN_ERRORS.has(code)
    ? invalidToken('refused-by-auth-emulator', { logDetail: code, cause })
    : unavailable(`verifyIdToken: ${code}`, cause);
}
