import { randomUUID } from 'node:crypto';
import type { AuditEvent } from '../audit/audit-event.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { IssuerProfile } from '../authn/oidc/issuer-profile.ts';
import type { Principal } from '../authz/principal.ts';
import { activeRoles, claimedVersion } from '../authz/role-claims.ts';
import { permissionsOf, type Role } from '../authz/roles.ts';
import { seconds } from '../core/clock.ts';
import { type Caller, ERRORS, toAppError, unavailable } from '../core/errors.ts';
import type { Directory, Outcome } from '../directory/directory.ts';
import { applyEdit } from '../directory/edit.ts';
import type { DirectoryEntry } from '../directory/entry.ts';
import { summarizeGrants } from '../directory/grant.ts';
import type { AccountSync } from '../directory/sync/account-sync.ts';
import { markAccountOutOfSync } from '../directory/sync/mark-account-out-of-sync.ts';
import { createRateLimit } from '../pipeline/rate-limit.ts';
import type { AccountStore } from '../platform/firebase-auth/account-store.ts';
import type { Log } from '../platform/logging/log.ts';
import { exchangedGrants } from './exchange-grants.ts';
import { countExchange, EXCHANGES, WINDOW } from './exchange-limit.ts';
import { readSubjectToken, refused, type SubjectTokenDeps, type TokenSubject } from './subject-token.ts';

/**
 * A token of another issuer → a Firebase custom token for the same person (RFC 8693), so that they can use Firestore and
 * Storage under the same rules. The roles that the issuer gives them are written into the directory, until that token
 * ends, and from there into the custom claims. The custom token itself only says when its subject signed in.
 *
 * @throws AppError `invalid_request` for a token that will not do, `rate_limited`, `unavailable`
 */
export type ExchangeToken = (request: {
  readonly token: string;
  /** `access_token`, `id_token` or `jwt`. */
  readonly type: string;
  readonly requestId: string;
}) => Promise<{ readonly customToken: string }>;

interface Deps {
  readonly authn: SubjectTokenDeps;
  readonly profiles: readonly IssuerProfile[];
  readonly directory: Directory;
  readonly accounts: AccountStore;
  readonly sync: AccountSync;
  /** Where it is recorded whose exchange was refused. */
  readonly audit: Pick<AuditLog, 'recordRefusal'>;
  readonly log: Pick<Log, 'change'>;
}

export function createExchangeToken({
  authn,
  profiles,
  directory,
  accounts,
  sync,
  audit,
  log,
}: Deps): ExchangeToken {
  const limit = createRateLimit({ uses: EXCHANGES, window: WINDOW });

  /** Sees to it that the subject has an entry. @throws AppError unless that lets them in, with all that they hold */
  async function enter({ principal, identity, mapped }: TokenSubject): Promise<void> {
    // Whoever asks for an account wants an entry, too.
    const asked = { ...identity, jitProvisioning: true };
    const { record } = await authn.accessRecords.readExternal(asked);
    if (record === undefined || record.disabled) throw refused('account-disabled', principal);
    if (principal.authTime < record.validAfter) throw refused('revoked', principal);
    checkScopes(principal, [...activeRoles(record.grants, seconds(authn.clock)), ...mapped]);
  }

  /** One transaction: the count, the grants, what every instance has to learn, and the event. */
  async function record(subject: TokenSubject, requestId: string): Promise<DirectoryEntry> {
    const { principal, identity, mapped } = subject;
    const { id, issuer } = identity;
    const event = { ...by(principal), requestId, outcome: 'done' } as const;
    let recorded: AuditEvent | undefined;
    const outcome = await directory.change({ uid: id, id: randomUUID() }, ({ entry, now }): Outcome => {
      if (entry === undefined || entry.disabled) throw refused('account-disabled', principal);
      if (principal.authTime < entry.validAfter) throw refused('revoked', principal);
      const second = Math.floor(now / 1000);
      const exchange = countExchange(entry.exchange, second);
      const given = { roles: mapped, issuer, expiresAt: principal.tokenExpiresAt, now: second };
      const grants = exchangedGrants(entry.grants, given);
      const edited = grants === entry.grants ? { entry } : applyEdit(entry, { grants }, second);
      recorded = { ...event, ...difference(entry, edited.entry) };
      return { ...edited, entry: { ...edited.entry, exchange }, audit: recorded };
    });
    if (!outcome?.entry || recorded === undefined) throw new Error('an exchange always changes the entry');
    log.change(recorded);
    return outcome.entry;
  }

  /** Makes the account if there is none. @throws AppError unless the entry is still there, and both let somebody in */
  async function prepareAccount(entry: DirectoryEntry, { principal }: TokenSubject): Promise<void> {
    const { uid, rolesVersion, pending } = entry;
    const found = await accounts.find(uid);
    // In Firebase's own console; what was done here is pending at the most.
    if (found?.disabled && !pending.includes('disabled')) throw refused('account-disabled', principal);
    if (found !== undefined && claimedVersion(found.claims) === rolesVersion) return;
    if (found === undefined) await accounts.create(uid);
    const account = found ?? (await accounts.find(uid));
    if (account === undefined) throw unavailable('the account is gone again');
    // After the account is there: until then nobody told it of a change, there being none.
    const now = await markAccountOutOfSync(directory, account);
    if (now?.disabled === false) return;
    if (now !== undefined) await sync.syncAccount(uid);
    else await accounts.remove(uid);
    throw refused('account-disabled', principal);
  }

  return async ({ token, type, requestId }) => {
    let subject: TokenSubject | undefined;
    try {
      subject = await readSubjectToken(authn, profiles, { token, type });
      const { id } = subject.identity;
      await limit(id);
      await enter(subject);
      await prepareAccount(await record(subject, requestId), subject);
      // A token must not be there before its claims: the client's first one would be stale.
      if (!(await sync.syncAccount(id))) throw unavailable('Firebase Auth has not been told');
      return { customToken: await accounts.createCustomToken(id, subject.principal.authTime) };
    } catch (error) {
      const { code, reason = code, logDetail: detail, ...refusal } = toAppError(error);
      const caller = subject?.principal ?? refusal.caller;
      const event = { ...by(caller), requestId, reason };
      const isRefused = ERRORS[code].status < 500;
      log.change({ ...event, outcome: isRefused ? 'refused' : 'unknown', code, detail });
      // Of a token that anybody could have made up nothing is recorded.
      if (isRefused && caller !== undefined) await audit.recordRefusal({ ...event, outcome: 'refused' });
      throw error;
    }
  };
}

/** @param caller undefined: the token was not verified, so whose it is nobody knows */
function by(caller: Caller | undefined): Pick<AuditEvent, 'actor' | 'target' | 'action' | 'issuer'> {
  const action = 'token.exchange';
  if (caller === undefined) return { action, actor: 'nobody', target: 'nobody' };
  const { issuer, subject, directoryId = subject } = caller;
  return { action, issuer, actor: directoryId, target: directoryId };
}

/**
 * A Firebase token knows no scopes. One that leaves out anything its person holds was given to somebody who may not have
 * that, and is not to be had back by an exchange.
 */
function checkScopes(principal: Principal, roles: readonly Role[]): void {
  const { scopes } = principal;
  if (scopes !== undefined && permissionsOf(roles).some((permission) => !scopes.includes(permission)))
    throw refused('narrowed-by-scopes', principal);
}

function difference(before: DirectoryEntry, after: DirectoryEntry): Pick<AuditEvent, 'before' | 'after'> {
  const parts = ({ rolesVersion, grants }: DirectoryEntry) => ({
    version: rolesVersion,
    grants: summarizeGrants(grants),
  });
  return before.rolesVersion === after.rolesVersion
    ? { after: { uid: after.uid } }
    : { before: parts(before), after: { uid: after.uid, ...parts(after) } };
}
