import type { AuditEvent, AuditLog } from '../audit/index.ts';
import type { AccessRecord } from '../authn/ports.ts';
import type { Principal } from '../authz/principal.ts';
import { activeRoles } from '../authz/role-claims.ts';
import { permissionsOf, type Role } from '../authz/roles.ts';
import { seconds } from '../core/clock.ts';
import { type Caller, isRefusal, toAppError } from '../core/errors.ts';
import {
  applyEdit,
  type DirectoryEntry,
  type DirectoryService,
  type Outcome,
  summarizeGrants,
} from '../directory/index.ts';
import type { Authentication } from '../pipeline/authentication.ts';
import type { RateLimits } from '../pipeline/rate-limit.ts';
import type { Platform } from '../platform/platform.ts';
import type { CreateCustomToken } from './custom-token.ts';
import { exchangedGrants } from './entry-changes.ts';
import { readSubjectToken, refused, type TokenSubject } from './subject-token.ts';

/**
 * Exchanges a token of another issuer for a Firebase custom token of the same user (RFC 8693), who can then use Firestore
 * and Storage under the same rules. The roles that the issuer gives become grants in the directory until the token expires,
 * and custom claims from these grants. The only claim of the custom token itself is the time of the sign-in.
 *
 * @throws AppError `invalid_request` for a token that cannot be exchanged, `rate_limited`, `unavailable`
 */
export type ExchangeToken = (request: {
  readonly token: string;
  /** `access_token`, `id_token` or `jwt`. */
  readonly type: string;
  readonly requestId: string;
}) => Promise<{ readonly customToken: string }>;

interface Needs {
  readonly audit: AuditLog;
  readonly authentication: Authentication;
  readonly directory: DirectoryService;
  readonly createCustomToken: CreateCustomToken;
  readonly rateLimits: RateLimits;
}

/** Exchanges of one identity. A client needs one an hour, or one for each device. */
const LIMIT = { name: 'exchangeToken', uses: 10, window: 60 } as const;

export function createExchangeToken(
  { log }: Pick<Platform, 'log'>,
  { audit, authentication, directory, rateLimits, createCustomToken }: Needs,
): ExchangeToken {
  const { accessRecords, clock } = authentication;

  /** Provisions the entry. @throws AppError when the entry, or the scopes of the token, do not allow the exchange */
  async function provisionSubject({ principal, identity, issuedRoles }: TokenSubject): Promise<void> {
    // An account needs an entry, even where the issuer's profile has no just-in-time provisioning.
    const { record } = await accessRecords.readExternal({ ...identity, jitProvisioning: true });
    checkSubject(record, principal);
    checkScopes(principal, [...activeRoles(record.grants, seconds(clock)), ...issuedRoles]);
  }

  /** One transaction: the grants, the access change and the audit event. */
  async function recordExchange(subject: TokenSubject, requestId: string): Promise<DirectoryEntry> {
    const { principal, identity, issuedRoles } = subject;
    const { id: uid, issuer } = identity;
    const event = { ...identifyCaller(principal), requestId, outcome: 'done' } as const;
    const outcome = await directory.change({ uid }, ({ entry, now }): Outcome => {
      checkSubject(entry, principal);
      const issued = { roles: issuedRoles, issuer, expiresAt: principal.tokenExpiresAt, now };
      const grants = exchangedGrants(entry.grants, issued);
      const edited = grants === entry.grants ? { entry } : applyEdit(entry, { grants }, now);
      const audit = { ...event, ...difference(entry, edited.entry) };
      return { ...edited, audit };
    });
    if (!outcome?.entry || !outcome.audit) throw new Error('an exchange always changes the entry');
    log.change(outcome.audit);
    return outcome.entry;
  }

  return async ({ token, type, requestId }) => {
    let subject: TokenSubject | undefined;
    try {
      subject = await readSubjectToken(authentication, { token, type });
      const { id } = subject.identity;
      await rateLimits.countForAllInstances(LIMIT, id);
      await provisionSubject(subject);
      const entry = await recordExchange(subject, requestId);
      const { principal } = subject;
      const accountDisabled = () => refused('account-disabled', principal);
      return { customToken: await createCustomToken(entry, principal.authTime, accountDisabled) };
    } catch (error) {
      const { code, reason = code, logDetail: detail, ...refusal } = toAppError(error);
      const caller = subject?.principal ?? refusal.caller;
      const event = { ...identifyCaller(caller), requestId, reason };
      const isRefused = isRefusal(error);
      log.change({ ...event, outcome: isRefused ? 'refused' : 'unknown', code, detail });
      // Without a caller the token was not verified: it can say anything.
      if (isRefused && caller !== undefined) await audit.recordRefusal({ ...event, outcome: 'refused' });
      throw error;
    }
  };
}

/** @param caller undefined when the token was not verified */
function identifyCaller(
  caller: Caller | undefined,
): Pick<AuditEvent, 'actor' | 'target' | 'action' | 'issuer'> {
  const action = 'token.exchange';
  if (caller === undefined) return { action, actor: 'anonymous', target: 'anonymous' };
  const { issuer, subject, directoryId = subject } = caller;
  return { action, issuer, actor: directoryId, target: directoryId };
}

/** @throws AppError for a user who is disabled or deleted, or has a revoked sign-in */
function checkSubject<T extends Pick<AccessRecord, 'disabled' | 'validAfter'>>(
  record: T | undefined,
  principal: Principal,
): asserts record is T {
  if (record === undefined || record.disabled) throw refused('account-disabled', principal);
  if (principal.authTime < record.validAfter) throw refused('revoked', principal);
}

/**
 * Firebase tokens have no scopes. If the scopes of a token leave out a permission of its user, its client must not have that
 * permission, and an exchange must not give it back.
 */
function checkScopes(principal: Principal, roles: readonly Role[]): void {
  const { scopes } = principal;
  if (scopes !== undefined && permissionsOf(roles).some((permission) => !scopes.includes(permission)))
    throw refused('narrowed-by-scopes', principal);
}

function difference(before: DirectoryEntry, after: DirectoryEntry): Pick<AuditEvent, 'before' | 'after'> {
  const { uid } = after;
  return before.rolesVersion === after.rolesVersion
    ? { after: { uid } }
    : { before: summarizeGrants(before), after: { uid, ...summarizeGrants(after) } };
}
