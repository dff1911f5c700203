import {
  type AuthBlockingEvent,
  type BlockingOptions,
  beforeUserCreated,
  beforeUserSignedIn,
  HttpsError,
} from 'firebase-functions/identity';
import type { AuditEvent } from '../audit/index.ts';
import { claimedVersion, compileRoleClaims } from '../authz/role-claims.ts';
import { identityPlatform } from '../config.ts';
import { seconds } from '../core/clock.ts';
import { withDeadline } from '../core/deadline.ts';
import { AppError, toAppError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import { type DirectoryEntry, provisionEntry } from '../directory/index.ts';
import { mergeClaims } from '../platform/firebase-auth/account.ts';
import { evaluateSignUp } from './policy.ts';
import type { SignUpService } from './service.ts';
import { grantDefaultRole } from './service.ts';

/** A blocking function has 7 seconds, cold start included. */
const FIND_DEADLINE_MS = 3_000;
const RECORD_DEADLINE_MS = 1_500;

/**
 * Identity Platform calls these before it creates a user and before every sign-in, except anonymous and custom-token
 * sign-ins. https://firebase.google.com/docs/auth/extend-with-blocking-functions
 */
export function createBlockingFunctions(options: BlockingOptions, deps: () => SignUpService) {
  const blocking = { ...options, omit: identityPlatform.equals(false) };
  return {
    /** Enforces the sign-up policy and gives the default role. */
    beforeUserCreated: beforeUserCreated(blocking, async (event) => {
      const { email, emailVerified } = userOf(event);
      if (evaluateSignUp({ email, emailVerified }, deps().config.signUpDomains) === 'refused') {
        await refuse(event, {
          // There is no user yet: all refused sign-ups count as one actor in the limit of recorded refusals.
          ...{ actor: 'anonymous', target: 'anonymous', action: 'user.create' },
          reason: 'sign-up is not open to this e-mail address',
          after: { domain: email?.split('@').at(-1) ?? '' },
        });
        throw new HttpsError('permission-denied', 'Sign-up is not open to this e-mail address.');
      }
      return firstClaims(event);
    }),
    /** Refuses disabled users, and updates the custom claims from the directory. */
    beforeUserSignedIn: beforeUserSignedIn(blocking, async (event) => {
      const { uid, disabled } = userOf(event);
      const entry = disabled ? undefined : await findEntry(event);
      if (disabled || (typeof entry === 'object' && entry.disabled)) {
        await refuse(event, { actor: uid, target: uid, action: 'user.sign-in', reason: 'disabled' });
        throw new HttpsError('permission-denied', 'This account is disabled.');
      }
      if (entry === 'unknown') return {};
      return entry === undefined ? firstClaims(event) : claimsOf(event, entry);
    }),
  };

  /**
   * A failure never blocks a sign-in: with `unknown` the token keeps its claims, which are checked like those of any other
   * token.
   */
  async function findEntry(event: AuthBlockingEvent): Promise<DirectoryEntry | undefined | 'unknown'> {
    const { uid } = userOf(event);
    const { accounts, clock, directory, config, log } = deps();
    try {
      return await withDeadline('sign-in', find(), FIND_DEADLINE_MS);
    } catch (error) {
      log.failure(event.eventId, toAppError(error));
      return 'unknown';
    }

    async function find() {
      const existing = await directory.find(uid);
      // Return at once: a later look-up must not override `disabled`.
      if (existing?.disabled) return existing;
      // Firebase has no event for an address that was changed or verified; the next sign-in shows it.
      const account = existing && !hasAddressOf(event, existing) ? await accounts.find(uid) : undefined;
      const entry = account ? await provisionEntry(directory, account, seconds(clock)) : existing;
      if (entry?.rolesVersion !== 0 || config.defaultRole === 'none' || !isAdmitted(event)) return entry;
      // The user signed up with an address that was not verified then.
      await grantDefaultRole(deps(), { uid, role: config.defaultRole, requestId: event.eventId });
      return directory.find(uid);
    }
  }

  function hasAddressOf(event: AuthBlockingEvent, entry: DirectoryEntry): boolean {
    const { email, emailVerified } = userOf(event);
    return email?.toLowerCase() === entry.email && emailVerified === entry.emailVerified;
  }

  function isAdmitted(event: AuthBlockingEvent): boolean {
    const { email, emailVerified } = userOf(event);
    return evaluateSignUp({ email, emailVerified }, deps().config.signUpDomains) === 'admitted';
  }

  /** Identity Platform stores the `customClaims` of the response in place of the existing ones. */
  function claimsOf(event: AuthBlockingEvent, entry: DirectoryEntry) {
    const { rolesVersion } = entry;
    const { customClaims = {} } = userOf(event);
    if (claimedVersion(customClaims) === rolesVersion) return {};
    return fitting(customClaims, compileRoleClaims(entry.grants, rolesVersion, seconds(deps().clock)));
  }

  function firstClaims(event: AuthBlockingEvent) {
    const { customClaims = {} } = userOf(event);
    const { defaultRole } = deps().config;
    const hadRoles = claimedVersion(customClaims) > 0;
    if (hadRoles || defaultRole === 'none' || !isAdmitted(event)) return {};
    return fitting(customClaims, { roles: [defaultRole], rv: 1 });
  }

  async function refuse(
    event: AuthBlockingEvent,
    attempt: Pick<AuditEvent, 'actor' | 'target' | 'action' | 'after'> & { reason: string },
  ) {
    const { audit, log } = deps();
    const refusal = { ...attempt, outcome: 'refused', requestId: event.eventId } as const;
    log.change(refusal);
    await withDeadline('audit', audit.recordRefusal(refusal), RECORD_DEADLINE_MS).catch(() => undefined);
  }
}

function fitting(claims: JsonObject, access: Parameters<typeof mergeClaims>[1]) {
  try {
    return { customClaims: mergeClaims(claims, access) };
  } catch (error) {
    // The claims of other code leave no room: the user signs in, without roles in the token.
    if (error instanceof AppError && error.code === 'claims_too_large') return {};
    throw error;
  }
}

function userOf(event: AuthBlockingEvent) {
  if (event.data === undefined) throw new HttpsError('invalid-argument', 'The event names no user.');
  return event.data;
}
