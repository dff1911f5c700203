import {
  type AuthBlockingEvent,
  type BlockingOptions,
  beforeUserCreated,
  beforeUserSignedIn,
  HttpsError,
} from 'firebase-functions/identity';
import type { AuditEvent } from '../audit/audit-event.ts';
import { claimedVersion, compileRoleClaims } from '../authz/role-claims.ts';
import { seconds } from '../core/clock.ts';
import { withDeadline } from '../core/deadline.ts';
import { AppError, toAppError } from '../core/errors.ts';
import type { Deps } from '../deps.ts';
import type { DirectoryEntry } from '../directory/entry.ts';
import { provisionEntry } from '../directory/provision-entry.ts';
import { mergeClaims } from '../platform/firebase-auth/custom-claims.ts';
import { grantDefaultRole } from '../users/operator-grant.ts';
import { evaluateSignUp } from './policy.ts';

/** A blocking function has 7 seconds together with its cold start: these are for looking, and for recording a refusal. */
const FIND_DEADLINE_MS = 3_000;
const RECORD_DEADLINE_MS = 1_500;

/**
 * Identity Platform asks these before it creates a user and before every sign-in; anonymous and custom-token sign-ins
 * excepted. https://firebase.google.com/docs/auth/extend-with-blocking-functions
 */
export function createBlockingFunctions(options: BlockingOptions, deps: () => Deps) {
  return {
    /** Refuses who may not sign up, and gives the default role. */
    beforeUserCreated: beforeUserCreated(options, async (event) => {
      const { email, emailVerified } = userOf(event);
      if (evaluateSignUp({ email, emailVerified }, deps().config.signUpDomains) === 'refused') {
        await refuse(event, {
          // Not under an id that will never exist: all of them share what may be recorded of one actor.
          ...{ actor: 'nobody', target: 'nobody', action: 'user.create' },
          reason: 'sign-up is not open to this e-mail address',
          after: { domain: email?.split('@').at(-1) ?? '' },
        });
        throw new HttpsError('permission-denied', 'Sign-up is not open to this e-mail address.');
      }
      return firstClaims(event);
    }),
    /** Refuses disabled users, and brings the claims in line with the directory. */
    beforeUserSignedIn: beforeUserSignedIn(options, async (event) => {
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
   * Never in the way of a sign-in: without an answer (`unknown`) the token says what it said, and is checked as any
   * other.
   */
  async function findEntry(event: AuthBlockingEvent): Promise<DirectoryEntry | undefined | 'unknown'> {
    const { uid } = userOf(event);
    const { accounts, clock, directory, users, changeAccess, config, log } = deps();
    try {
      return await withDeadline('sign-in', find(), FIND_DEADLINE_MS);
    } catch (error) {
      log.failure(event.eventId, toAppError(error));
      return 'unknown';
    }

    async function find() {
      const known = await directory.find(uid);
      // Nothing that is asked after this may open the door again.
      if (known?.disabled) return known;
      // Firebase tells nobody of an address that was changed or verified; it shows at the next sign-in.
      const account = known && !hasAddressOf(event, known) ? await accounts.find(uid) : undefined;
      const entry = account ? await provisionEntry(directory, account, seconds(clock)) : known;
      if (entry?.rolesVersion !== 0 || config.defaultRole === 'none' || !isAdmitted(event)) return entry;
      // Signed up with an address that was not verified yet.
      await grantDefaultRole(
        { users, changeAccess },
        { uid, role: config.defaultRole, requestId: event.eventId },
      );
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

  /** `customClaims` of the answer are stored, and replace what was there. */
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

function fitting(claims: Readonly<Record<string, unknown>>, access: Parameters<typeof mergeClaims>[1]) {
  try {
    return { customClaims: mergeClaims(claims, access) };
  } catch (error) {
    // No room beside the claims of others: no role, but no locked door either.
    if (error instanceof AppError && error.code === 'claims_too_large') return {};
    throw error;
  }
}

function userOf(event: AuthBlockingEvent) {
  if (event.data === undefined) throw new HttpsError('invalid-argument', 'The event names no user.');
  return event.data;
}
