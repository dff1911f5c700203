import {
  type AuthBlockingEvent,
  type AuthUserRecord,
  type BlockingOptions,
  beforeUserCreated,
  beforeUserSignedIn,
  HttpsError,
} from 'firebase-functions/identity';
import type { AuditEvent } from '../audit/index.ts';
import { refuseSignIn, SIGN_IN_REFUSALS } from '../authn/sign-in-policy.ts';
import { claimedVersion, compileRoleClaims, type RoleClaims } from '../authz/role-claims.ts';
import { identityPlatform } from '../config.ts';
import { seconds } from '../core/clock.ts';
import { withDeadline } from '../core/deadline.ts';
import { AppError, toAppError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import type { DirectoryEntry } from '../directory/index.ts';
import { emailAddressesOf, mergeClaims, providerEmailsOf } from '../platform/firebase-auth/account.ts';
import { evaluateSignUp } from './policy.ts';
import { neverHadRoles, provisionUser, type SignUpDeps } from './service.ts';

/** A blocking function has 7 seconds, cold start included. */
const FIND_DEADLINE_MS = 3_000;
const RECORD_DEADLINE_MS = 1_500;
/** Time for the page to let Firebase send the mail that verifies the address: only a signed-in user can ask for it. */
export const VERIFY_WITHIN_MS = 3_600_000;

/**
 * Identity Platform calls these before it creates a user and before every sign-in, except anonymous and custom-token
 * sign-ins. https://firebase.google.com/docs/auth/extend-with-blocking-functions
 */
export function createBlockingFunctions(options: BlockingOptions, deps: () => SignUpDeps) {
  const blocking = { ...options, omit: identityPlatform.equals(false) };
  const evaluate = (user: AuthUserRecord) => evaluateSignUp(requestOf(user), deps().config.signUpDomains);

  /** Checked here and for every token: no blocking function runs for anonymous and custom-token sign-ins. */
  function refusalOf(event: AuthBlockingEvent, user: AuthUserRecord) {
    return refuseSignIn(deps().config.signIn, { ...user, provider: providerOf(event) });
  }

  function firstClaims(event: AuthBlockingEvent, user: AuthUserRecord) {
    const { customClaims = {} } = user;
    const { defaultRole } = deps().config;
    const hadRoles = claimedVersion(customClaims) > 0;
    if (hadRoles || defaultRole === 'none' || evaluate(user) !== 'admitted') return {};
    if (refusalOf(event, user) !== undefined) return {};
    return mergeIfFits(customClaims, { roles: [defaultRole], rv: 1 });
  }

  function claimsOf({ customClaims = {} }: AuthUserRecord, { grants, rolesVersion }: DirectoryEntry) {
    if (claimedVersion(customClaims) === rolesVersion) return {};
    return mergeIfFits(customClaims, compileRoleClaims(grants, rolesVersion, seconds(deps().clock)));
  }

  async function findEntry(user: AuthUserRecord, requestId: string): Promise<DirectoryEntry | undefined> {
    const { accounts, directory } = deps();
    const found = await directory.find(user.uid);
    // Return at once: a later look-up must not override `disabled`.
    if (found === undefined || found.disabled) return found;
    // Firebase has no event for an address that was changed or verified; the next sign-in shows it.
    if (hasAddressOf(user, found) && !neverHadRoles(found)) return found;
    const account = await accounts.find(user.uid);
    return account === undefined ? found : provisionUser(deps(), account, { requestId, found });
  }

  /** Records the refusal. @returns the error of the function, with a text for the user */
  async function refusal(
    requestId: string,
    attempt: Pick<AuditEvent, 'actor' | 'target' | 'action' | 'after'> & { reason: string },
    message: string,
  ): Promise<HttpsError> {
    const { audit, log } = deps();
    const event = { ...attempt, outcome: 'refused', requestId } as const;
    log.change(event);
    await withDeadline('audit', audit.recordRefusal(event), RECORD_DEADLINE_MS).catch(() => undefined);
    return new HttpsError('permission-denied', message);
  }

  return {
    /** Enforces the sign-up and sign-in policies and gives the default role. */
    beforeUserCreated: beforeUserCreated(blocking, async (event) => {
      const user = userOf(event);
      // There is no user yet: all refused sign-ups count as one actor in the limit of recorded refusals.
      const attempt = { actor: 'anonymous', target: 'anonymous', action: 'user.create' } as const;
      const domain = emailAddressesOf(requestOf(user))[0]?.address.split('@').at(-1) ?? '';
      if (evaluate(user) === 'refused') {
        const reason = 'sign-up is not open to this e-mail address';
        const message = 'Sign-up is not open to this e-mail address.';
        throw await refusal(event.eventId, { ...attempt, reason, after: { domain } }, message);
      }
      const reason = refusalOf(event, user);
      // The address is verified after the sign-up.
      if (reason === undefined || reason === 'email-not-verified') return firstClaims(event, user);
      const after = { domain, provider: providerOf(event) };
      throw await refusal(event.eventId, { ...attempt, reason, after }, SIGN_IN_REFUSALS[reason]);
    }),
    /** Enforces the sign-in policy, refuses disabled users, and updates the custom claims from the directory. */
    beforeUserSignedIn: beforeUserSignedIn(blocking, async (event) => {
      const user = userOf(event);
      const { uid } = user;
      const attempt = { actor: uid, target: uid, action: 'user.sign-in' } as const;
      const reason = refusalOf(event, user);
      if (reason !== undefined && !(reason === 'email-not-verified' && isNew(user, deps().clock()))) {
        const after = { provider: providerOf(event) };
        throw await refusal(event.eventId, { ...attempt, reason, after }, SIGN_IN_REFUSALS[reason]);
      }
      let entry: DirectoryEntry | undefined;
      try {
        const finding = user.disabled ? undefined : findEntry(user, event.eventId);
        entry = finding && (await withDeadline('sign-in', finding, FIND_DEADLINE_MS));
      } catch (error) {
        // Does not block the sign-in: the token keeps its claims, which are checked like those of any other token.
        deps().log.failure(event.eventId, toAppError(error));
        return {};
      }
      if (user.disabled || entry?.disabled) {
        const disabled = { ...attempt, reason: 'disabled' };
        throw await refusal(event.eventId, disabled, 'This account is disabled.');
      }
      return entry === undefined ? firstClaims(event, user) : claimsOf(user, entry);
    }),
  };
}

const providerOf = ({ additionalUserInfo }: AuthBlockingEvent) => additionalUserInfo?.providerId ?? '';

function isNew({ metadata }: AuthUserRecord, now: number): boolean {
  // Absent: fail closed. `NaN` compares as old.
  return now - Date.parse(metadata?.creationTime ?? '') < VERIFY_WITHIN_MS;
}

function hasAddressOf(user: AuthUserRecord, { email, emailVerified }: DirectoryEntry): boolean {
  const [main] = emailAddressesOf(requestOf(user));
  return main?.address === email && (main?.verified ?? false) === emailVerified;
}

function requestOf({ email, emailVerified, providerData }: AuthUserRecord) {
  return { email, emailVerified, providerEmails: providerEmailsOf(providerData) };
}

/** The response of a blocking function. Identity Platform replaces all custom claims with its `customClaims`. */
function mergeIfFits(claims: JsonObject, roleClaims: RoleClaims) {
  try {
    return { customClaims: mergeClaims(claims, roleClaims) };
  } catch (error) {
    // The claims of other code leave no room: the user signs in, without roles in the token.
    if (error instanceof AppError && error.code === 'claims_too_large') return {};
    throw error;
  }
}

function userOf({ data }: AuthBlockingEvent): AuthUserRecord {
  if (data === undefined) throw new HttpsError('invalid-argument', 'The event names no user.');
  return data;
}
