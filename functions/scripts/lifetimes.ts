import gatehouse from '../gatehouse.config.ts';
import { EXTERNAL_TOKEN_MAX_AGE } from '../src/authn/oidc/external-token.ts';
import { commonFields } from '../src/authn/oidc/issuer-schema.ts';
import { KEYS_FRESH_FOR, KEYS_USABLE_FOR } from '../src/authn/oidc/jwks.ts';
import { firebaseProfile } from '../src/authn/oidc/providers/firebase.ts';
import { REFUSAL_AGE, SESSION_MAX_AGE } from '../src/authn/session-cookie/authenticator.ts';
import { loadConfig } from '../src/config.ts';
import { DAY } from '../src/core/time.ts';
import { CHANGE_LIFETIME } from '../src/directory/revocation/access-changes.ts';
import { ENROLMENT_SECONDS } from '../src/mfa/enrolment.ts';
import { MEMORY_SECONDS, STEP_UP_SECONDS } from '../src/mfa/step-ups.ts';
import { STEP_SECONDS } from '../src/mfa/totp.ts';
import { CODE_LIFETIME } from '../src/owner-claim/claim-code.ts';
import { CHALLENGE_LIFETIME } from '../src/passkeys/challenges.ts';
import { CUSTOM_TOKEN_LIFETIME } from '../src/platform/firebase-auth/account-store.ts';
import { LAST_SEEN_SECONDS, OVERLAP_SECONDS } from '../src/sessions/lifetime.ts';
import { FRESH } from '../src/sessions/operations.ts';
import { VERIFY_WITHIN_MS } from '../src/sign-up/blocking-functions.ts';

/** The rows of docs/reference/lifetimes.md, with the values of the code. */

const UNITS = [
  [DAY, 'day'],
  [3600, 'hour'],
  [60, 'minute'],
  [1, 'second'],
] as const;

/** `5400` → `1 hour 30 minutes` */
function duration(seconds: number): string {
  let rest = seconds;
  const parts = UNITS.flatMap(([size, unit]) => {
    const count = Math.floor(rest / size);
    rest -= count * size;
    return count === 0 ? [] : [`${count} ${unit}${count === 1 ? '' : 's'}`];
  });
  return parts.join(' ');
}

/** What, how long, what ends it earlier, and the setting. */
export function lifetimeRows(): [what: string, lives: string, earlier: string, setting: string][] {
  const { sessions: _, ...product } = gatehouse;
  const { sessions, mfa, accessChangeMaxAge, auditRetention } = loadConfig(
    { GCLOUD_PROJECT: 'shop' },
    product,
  );
  const revoked = 'revocation, disabling, deletion, a role change';
  const ended = 'sign-out, ending the session, revocation, disabling, deletion';
  return [
    ['Firebase ID token', duration(firebaseProfile('shop').maxLifetime), revoked, 'fixed by Firebase'],
    [
      'Firebase sign-in (refresh token)',
      'until it is revoked',
      'revocation, disabling, deletion, a change of password or address',
      'fixed by Firebase',
    ],
    [
      'token of another issuer',
      `as the issuer says, at most ${duration(commonFields.maxLifetime.parse(undefined))}`,
      'revocation, disabling, deletion',
      '`maxLifetime` of the issuer, and the issuer itself',
    ],
    [
      'custom token of a token exchange, a session or a passkey',
      duration(CUSTOM_TOKEN_LIFETIME),
      'the API refuses its sign-in after a revocation',
      'fixed by Firebase',
    ],
    ['session without a request', duration(sessions.idle), ended, '`sessions.idle`'],
    ['session in any case, and its cookie', duration(sessions.absolute), ended, '`sessions.absolute`'],
    [
      'session of a user with a privileged permission, without a request',
      duration(sessions.privileged.idle),
      ended,
      '`sessions.privileged.idle`',
    ],
    [
      'session of a user with a privileged permission, in any case',
      duration(sessions.privileged.absolute),
      ended,
      '`sessions.privileged.absolute`',
    ],
    ['CSRF token', 'as long as its session', 'the end of the session', ''],
    ['cookie value that was replaced', duration(OVERLAP_SECONDS), 'the end of the session', ''],
    [
      'sign-in that can begin a session, or raise its assurance',
      duration(FRESH),
      'revocation, disabling, deletion',
      '',
    ],
    ['challenge of a passkey', duration(CHALLENGE_LIFETIME), 'its use, deletion', ''],
    ['code of an authenticator app', `${duration(3 * STEP_SECONDS)} at most`, 'its use', ''],
    ['enrolment of an authenticator app', duration(ENROLMENT_SECONDS), 'its confirmation, a newer one', ''],
    ['recovery code', 'until its use', 'new recovery codes, deleting the last factor, a reset', ''],
    [
      'proof of a second factor, for privileged operations',
      duration(mfa.maxAge),
      'as the session or step-up',
      '`mfa.maxAge`',
    ],
    ['step-up of a session', 'as long as its session', 'a role change', ''],
    [
      'step-up of bearer tokens',
      duration(STEP_UP_SECONDS),
      'revocation, disabling, deletion, a role change',
      '',
    ],
    ['step-up of bearer tokens in memory', duration(MEMORY_SECONDS), 'a role change', ''],
    ['role with an end', 'until `expiresAt`, to the second', 'taking it away', 'the grant'],
    ['claim code for the first owner', duration(CODE_LIFETIME), 'its use, a newer code', ''],
    [
      'sign-in of a new user with an unverified address, where the policy asks for a verified one',
      duration(VERIFY_WITHIN_MS / 1000),
      'verifying the address: then there is no limit',
      '',
    ],
    [
      'a change of access, until every instance applies it',
      `at most ${duration(accessChangeMaxAge)}`,
      'privileged operations apply it at once',
      '`ACCESS_CHANGE_MAX_AGE`',
    ],
    [
      'verified token in memory',
      `until it expires, at most ${duration(EXTERNAL_TOKEN_MAX_AGE)}`,
      'newer tokens; each request checks expiry and revocation',
      '',
    ],
    ['session in memory', duration(SESSION_MAX_AGE), 'a change of access', ''],
    ['refused cookie value in memory', duration(REFUSAL_AGE), 'newer ones', ''],
    [
      'time of the last request, in the session document',
      `at most ${duration(LAST_SEEN_SECONDS)} old`,
      '',
      '',
    ],
    ['keys of an issuer', duration(KEYS_FRESH_FOR / 1000), 'a token with an unknown key id', ''],
    ['keys of an issuer that cannot be reached', duration(KEYS_USABLE_FOR / 1000), '', ''],
    ['access change in memory', duration(CHANGE_LIFETIME), '', ''],
    ['access change in Firestore', duration(2 * CHANGE_LIFETIME), '', ''],
    ['audit event', duration(auditRetention * DAY), '', '`AUDIT_RETENTION_DAYS`'],
  ];
}
