import {
  type AuthBlockingEvent,
  type BlockingOptions,
  beforeUserCreated,
  beforeUserSignedIn,
  HttpsError,
} from 'firebase-functions/identity';
import { enter } from '../access/access-records.ts';
import type { DirectoryEntry } from '../access/directory-entry.ts';
import { compileAccessClaims, readAccessClaims } from '../authz/access-claims.ts';
import type { Deps } from '../deps.ts';
import { AppError, toAppError } from '../errors.ts';
import { seconds } from '../lib/clock.ts';
import { withDeadline } from '../lib/deadline.ts';
import { mergeClaims } from '../users/claims.ts';
import { giveDefaultRole } from '../users/first-roles.ts';
import { admit } from '../users/sign-up-policy.ts';

/** A blocking function has 7 seconds together with its cold start; after these (ms) it decides on what it knows. */
const DEADLINE_MS = 3_500;

/**
 * Identity Platform asks these before it creates a user and before every sign-in; anonymous and custom-token sign-ins
 * excepted. https://firebase.google.com/docs/auth/extend-with-blocking-functions
 */
export function createBlockingFunctions(
  options: BlockingOptions,
  deps: () => Deps,
  runAs: Readonly<Record<string, BlockingOptions>> = {},
) {
  return {
    /** Refuses who may not sign up, and gives the default role. */
    beforeUserCreated: beforeUserCreated({ ...options, ...runAs.beforeUserCreated }, async (event) => {
      const { email, emailVerified } = userOf(event);
      if (admit({ email, emailVerified }, deps().config.signUpDomains) === 'refused') {
        const reason = 'sign-up is not open to this e-mail address';
        await refuse(event, { action: 'user.create', reason });
        throw new HttpsError('permission-denied', 'Sign-up is not open to this e-mail address.');
      }
      return firstClaims(event);
    }),
    /** Refuses disabled users, and brings the claims in line with the directory. */
    beforeUserSignedIn: beforeUserSignedIn({ ...options, ...runAs.beforeUserSignedIn }, async (event) => {
      const entry = await findEntry(event);
      if (userOf(event).disabled || entry?.disabled) {
        await refuse(event, { action: 'user.sign-in', reason: 'disabled' });
        throw new HttpsError('permission-denied', 'This account is disabled.');
      }
      return entry === undefined ? firstClaims(event) : claimsOf(event, entry);
    }),
  };

  /** Never in the way of a sign-in: without an answer the token says what it said, and is checked as any other. */
  async function findEntry(event: AuthBlockingEvent): Promise<DirectoryEntry | undefined> {
    const { uid } = userOf(event);
    const { accounts, clock, directory, users, changeAccess, config, log } = deps();
    try {
      return await withDeadline('sign-in', find(), DEADLINE_MS);
    } catch (error) {
      log.failure(event.eventId, toAppError(error));
      return undefined;
    }

    async function find() {
      const known = await directory.find(uid);
      // Firebase tells nobody of an address that was changed or verified; it shows at the next sign-in.
      const account = known && !hasAddressOf(event, known) ? await accounts.find(uid) : undefined;
      const entry = account ? await enter(directory, account, seconds(clock)) : known;
      if (entry?.rolesVersion !== 0 || config.defaultRole === 'none' || !isAdmitted(event)) return entry;
      // Signed up with an address that was not verified yet.
      await giveDefaultRole(
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
    return admit({ email, emailVerified }, deps().config.signUpDomains) === 'admitted';
  }

  /** `customClaims` of the answer are stored, and replace what was there. */
  function claimsOf(event: AuthBlockingEvent, { grants, rolesVersion }: DirectoryEntry) {
    const { customClaims = {} } = userOf(event);
    if (readAccessClaims(customClaims, 0).rolesVersion === rolesVersion) return {};
    return fitting(customClaims, compileAccessClaims(grants, rolesVersion, seconds(deps().clock)));
  }

  function firstClaims(event: AuthBlockingEvent) {
    const { customClaims = {} } = userOf(event);
    const { defaultRole } = deps().config;
    const hadRoles = readAccessClaims(customClaims, 0).rolesVersion > 0;
    if (hadRoles || defaultRole === 'none' || !isAdmitted(event)) return {};
    return fitting(customClaims, { roles: [defaultRole], rv: 1 });
  }

  async function refuse(event: AuthBlockingEvent, { action, reason }: { action: string; reason: string }) {
    const { uid } = userOf(event);
    const { audit, log } = deps();
    const refusal = {
      actor: uid,
      action,
      target: uid,
      outcome: 'refused',
      reason,
      requestId: event.eventId,
    } as const;
    log.change(refusal);
    await withDeadline('audit', audit.refused(refusal), DEADLINE_MS).catch(() => undefined);
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
