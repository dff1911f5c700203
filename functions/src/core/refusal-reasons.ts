/**
 * Why a credential or a call is refused, for the log and the audit log, never for the caller.
 * `docs/reference/refusal-reasons.md` explains each, and a test compares the two.
 */
export const REFUSAL_REASONS = [
  // The credential.
  'malformed-authorization',
  'several-credentials',
  'malformed-token',
  'header-key-not-allowed',
  'issuer-not-trusted',
  'no-matching-profile',
  'wrong-algorithm',
  'no-usable-kid',
  'wrong-typ',
  'no-usable-sub',
  'wrong-audience',
  'wrong-client',
  'wrong-claim',
  'event-token',
  'id-token-as-access-token',
  'bound-to-another-api',
  'tenant-token',
  'malformed-time-claim',
  'token-expired',
  'lifetime-too-long',
  'issued-in-the-future',
  'unknown-kid',
  'no-key-for-algorithm',
  'wrong-signature',
  'refused-by-auth-emulator',
  // The session.
  'unknown-session',
  'session-expired',
  'damaged-session',
  'another-user',
  'delegated-token',
  // The account and its record.
  'account-disabled',
  'account-deleted',
  'revoked',
  'roles-changed',
  'no-directory-entry',
  'damaged-entry',
  'identity-mismatch',
  // The sign-in policy.
  'anonymous-not-allowed',
  'provider-not-allowed',
  'email-domain-not-allowed',
  'email-not-verified',
  // Requests with a session cookie.
  'csrf-origin',
  'csrf-token-missing',
  'csrf-token-wrong',
  // App Check.
  'app-check-missing',
  'app-check-malformed',
  'app-check-refused',
  'app-check-consumed',
  // The decision.
  'anonymous',
  'missing-permission',
  'not-own',
  'step-up-required',
  // Second factors.
  'wrong-code',
  'code-used',
  'no-factor',
  'unknown-passkey',
  'unknown-challenge',
  'webauthn-check-failed',
  'cloned-authenticator',
  'second-factor-only',
  // Token exchange.
  'no-external-token',
  'exchange-not-allowed',
  'wrong-token-type',
  'service-token',
  'narrowed-by-scopes',
  // The first owner.
  'no-firebase-user',
  'no-claim-code',
  'claim-code-expired',
  'wrong-claim-code',
  // The Lambda authorizer.
  'needs-directory',
  'not-in-routes',
  'arn-not-exact',
  'identity-source-lacks-route',
  'identity-source-lacks-token',
  // What Gatehouse depends on.
  'service-unavailable',
] as const;

export type RefusalReason = (typeof REFUSAL_REASONS)[number];

/** Why a call is allowed. */
export const GRANT_REASONS = ['public', 'signed-in', 'granted'] as const;

export type GrantReason = (typeof GRANT_REASONS)[number];
