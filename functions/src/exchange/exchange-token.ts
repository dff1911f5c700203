import { randomUUID } from 'node:crypto';
import type { AccountSync } from '../access/account-sync.ts';
import type { Directory, Outcome } from '../access/directory.ts';
import type { DirectoryEntry } from '../access/directory-entry.ts';
import { applyEdit } from '../access/edit.ts';
import { summaryOf } from '../access/grant.ts';
import { oweAccount } from '../access/owe-account.ts';
import type { AuditEvent } from '../audit/audit-event.ts';
import type { AuthenticateDeps } from '../authn/authenticate.ts';
import type { ExternalIdentity } from '../authn/external-identity.ts';
import type { IssuerProfile } from '../authn/issuers/issuer-profile.ts';
import type { Principal } from '../authn/principal.ts';
import { claimedVersion, rolesAt } from '../authz/access-claims.ts';
import { permissionsOf, type Role } from '../authz/roles.ts';
import { ERRORS, toAppError, unavailable } from '../errors.ts';
import { seconds } from '../lib/clock.ts';
import { createRateLimit } from '../lib/rate-limit.ts';
import type { Log } from '../log.ts';
import type { AccountStore } from '../users/account-store.ts';
import { exchangeable, exchangedGrants } from './exchange-grants.ts';
import { countExchange, EXCHANGES, WINDOW } from './exchange-limit.ts';
import { readSubjectToken, refused, type TokenSubject } from './subject-token.ts';

/**
 * A token of another issuer → a Firebase custom token for the same person (RFC 8693), so that they can use Firestore and
 * Storage under the same rules. The roles that the issuer gives them are written into the directory, until that token
 * ends, and from there into the custom claims; nothing is ever in the custom token itself.
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
  readonly authn: AuthenticateDeps;
  readonly profiles: readonly IssuerProfile[];
  readonly directory: Directory;
  readonly accounts: AccountStore;
  readonly sync: AccountSync;
  readonly log: Pick<Log, 'change'>;
}

export function createExchangeToken({
  authn,
  profiles,
  directory,
  accounts,
  sync,
  log,
}: Deps): ExchangeToken {
  const limit = createRateLimit({ uses: EXCHANGES, window: WINDOW });

  /** Whom the subject becomes: themselves, or the Firebase user that they are linked to. */
  async function uidOf({ principal, identity, mapped }: TokenSubject): Promise<string> {
    // Whoever asks for an account wants an entry, too.
    const asked = { ...identity, enterOnFirstSight: true };
    const { record } = await authn.accessRecords.readExternal(asked);
    if (record === undefined || record.disabled) throw refused('account disabled', principal);
    if (principal.authTime < record.validAfter) throw refused('revoked', principal);
    const isLinked = record.directoryId !== identity.id;
    const granted = rolesAt(record.grants, seconds(authn.clock));
    checkScopes(principal, isLinked ? granted : [...granted, ...exchangeable(mapped)]);
    return record.directoryId;
  }

  /** One transaction: the count, the grants, what every instance has to learn, and the event. */
  async function record(subject: TokenSubject, uid: string, requestId: string): Promise<DirectoryEntry> {
    const { principal, identity, mapped } = subject;
    const { id, issuer } = identity;
    const event = { ...ofIdentity(identity), requestId, outcome: 'done' } as const;
    let recorded: AuditEvent | undefined;
    const outcome = await directory.change({ uid: id, id: randomUUID() }, ({ entry, now }): Outcome => {
      if (entry === undefined || entry.disabled) throw refused('account disabled', principal);
      if (principal.authTime < entry.validAfter) throw refused('revoked', principal);
      if ((entry.linkedTo ?? id) !== uid) throw unavailable('linked or unlinked at this moment');
      const second = Math.floor(now / 1000);
      const exchange = countExchange(entry.exchange, second);
      const given = { roles: mapped, issuer, expiresAt: principal.tokenExpiresAt, now: second };
      const grants = entry.linkedTo === undefined ? exchangedGrants(entry.grants, given) : entry.grants;
      const edited = grants === entry.grants ? { entry } : applyEdit(entry, { grants }, second);
      recorded = { ...event, ...difference(entry, edited.entry, uid) };
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
    if (found?.disabled && !pending.includes('disabled')) throw refused('account disabled', principal);
    if (found !== undefined && claimedVersion(found.claims) === rolesVersion) return;
    if (found === undefined) await accounts.create(uid);
    const account = found ?? (await accounts.find(uid));
    if (account === undefined) throw unavailable('the account is gone again');
    // After the account is there: until then nobody told it of a change, there being none.
    const now = await oweAccount(directory, account);
    if (now?.disabled === false) return;
    if (now !== undefined) await sync.bring(uid);
    else await accounts.remove(uid);
    throw refused('account disabled', principal);
  }

  return async ({ token, type, requestId }) => {
    let event = UNKNOWN;
    try {
      const subject = await readSubjectToken(authn, profiles, { token, type });
      const { id } = subject.identity;
      event = ofIdentity(subject.identity);
      await limit(id);
      const uid = await uidOf(subject);
      const entry = await record(subject, uid, requestId);
      if (uid === id) await prepareAccount(entry, subject);
      // A token must not be there before its claims: the client's first one would be stale.
      if (!(await sync.bring(uid))) throw unavailable('Firebase Auth has not been told');
      return { customToken: await accounts.createCustomToken(uid) };
    } catch (error) {
      const { code, reason = code } = toAppError(error);
      const outcome = ERRORS[code].status < 500 ? 'refused' : 'unknown';
      log.change({ ...event, requestId, outcome, code, reason });
      throw error;
    }
  };
}

/** Whose token it is shows when it has been verified. */
const UNKNOWN = { actor: 'nobody', target: 'nobody', action: 'token.exchange' };

function ofIdentity({ id, issuer }: ExternalIdentity) {
  return { ...UNKNOWN, actor: id, target: id, issuer };
}

/**
 * A Firebase token knows no scopes. One that leaves out anything its person holds was given to somebody who may not have
 * that, and is not to be had back by an exchange.
 */
function checkScopes(principal: Principal, roles: readonly Role[]): void {
  const { scopes } = principal;
  if (scopes !== undefined && permissionsOf(roles).some((permission) => !scopes.includes(permission)))
    throw refused('narrowed by its scopes', principal);
}

function difference(
  before: DirectoryEntry,
  after: DirectoryEntry,
  uid: string,
): Pick<AuditEvent, 'before' | 'after'> {
  const parts = ({ rolesVersion, grants }: DirectoryEntry) => ({
    version: rolesVersion,
    grants: summaryOf(grants),
  });
  return before.rolesVersion === after.rolesVersion
    ? { after: { uid } }
    : { before: parts(before), after: { uid, ...parts(after) } };
}
