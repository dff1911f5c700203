import { ANONYMOUS, createPrincipal, type Principal } from '../authz/principal.ts';
import { activeRoles } from '../authz/role-claims.ts';
import { type Clock, seconds } from '../core/clock.ts';
import { AppError, invalidToken, tokenStale } from '../core/errors.ts';
import type { Authenticated, Authenticator, Credential } from './credential.ts';
import { withCountedFactor } from './oidc/firebase-token.ts';
import type { AccessChanges, AccessRecords, EntryVersion, RecentChange } from './ports.ts';
import { checkRecord } from './ports.ts';

export interface AuthenticateDeps {
  /** One for each kind of credential. */
  readonly authenticators: readonly Authenticator[];
  readonly clock: Clock;
  readonly accessChanges: AccessChanges;
  readonly accessRecords: AccessRecords;
}

const UNAUTHENTICATED: Authenticated = { principal: ANONYMOUS, directoryVersion: undefined };

/**
 * Authenticates a credential. Tri-state: none gives {@link ANONYMOUS}; an unacceptable one always throws, even where sign-in
 * is optional; a valid one gives an immutable principal.
 *
 * @param fresh read the current record, for privileged permissions; otherwise the token and the revocation feed suffice
 * @throws AppError `invalid_token`, `token_stale`, `unavailable`; `permission_denied` without an entry in the directory
 */
export async function authenticate(
  deps: AuthenticateDeps,
  credential: Credential | undefined,
  { fresh }: { fresh: boolean },
): Promise<Authenticated> {
  if (credential === undefined) return UNAUTHENTICATED;
  const { authenticator, value } = credential;
  if (fresh && authenticator.read !== undefined) return authenticator.read(value, seconds(deps.clock));
  // No `await` for what is in memory: it would cost a request as much as the look-up.
  const authenticating = authenticator.authenticate(value, seconds(deps.clock));
  const authentication = authenticating instanceof Promise ? await authenticating : authenticating;
  const { principal, directoryVersion, endedBy } = authentication;
  try {
    if (fresh) return await asRecorded(deps, authentication);
    if (directoryVersion === undefined) return authentication;
    const finding = deps.accessChanges.find(directoryVersion.id);
    const change = finding instanceof Promise ? await finding : finding;
    const isOutdated = change !== undefined && hasChanged(authentication, directoryVersion, change);
    // The look-up above has read the feed, if that was due.
    const hasEnded = endedBy?.some((key) => deps.accessChanges.find(key) !== undefined);
    if (!isOutdated && !hasEnded) return authentication;
    authenticator.forget(value);
    return await authenticator.authenticate(value, seconds(deps.clock));
  } catch (error) {
    const isStale = error instanceof AppError && error.code === 'token_stale';
    if (isStale && principal.directoryId !== undefined)
      await deps.accessRecords.resyncAfterStaleToken(principal.directoryId);
    throw error;
  }
}

/**
 * Has the directory entry changed since the roles were read from it? Times are whole seconds.
 *
 * @returns true when the directory has to be read again, for an external identity or a session: of a session, the read says
 *   whether it is revoked
 * @throws AppError `token_stale` for a revoked sign-in, or for a Firebase token with older roles
 */
function hasChanged(
  { principal, identity, session }: Authenticated,
  read: EntryVersion,
  { validAfter = 0, rolesVersion = 0 }: RecentChange,
): boolean {
  const isRead = identity !== undefined || session !== undefined;
  if (session === undefined && principal.authTime < validAfter) throw tokenStale('revoked', principal);
  const isOlder = read.rolesVersion < rolesVersion;
  if (isOlder && !isRead) throw tokenStale('roles-changed', principal);
  // With the clock of an issuer ahead, a token seems to be younger than the disabling of its user.
  return isRead && (isOlder || read.validAfter < validAfter);
}

/** The same with the roles of the current record. @throws AppError for a token that is older than the record */
async function asRecorded(
  { accessRecords, clock }: AuthenticateDeps,
  authentication: Authenticated,
): Promise<Authenticated> {
  const { principal, identity, directoryVersion: read } = authentication;
  const { directoryId } = principal;
  if (directoryId === undefined) throw noDirectoryEntry(principal);
  const record =
    identity === undefined
      ? await accessRecords.read(directoryId)
      : (await accessRecords.readExternal(identity)).record;
  if (record === undefined) {
    throw identity === undefined
      ? invalidToken('account-deleted', { caller: principal })
      : noDirectoryEntry(principal);
  }
  checkRecord(record, principal.authTime, principal);
  if (identity === undefined && read?.rolesVersion !== record.rolesVersion)
    throw tokenStale('roles-changed', principal);
  const roles = activeRoles(record.grants, seconds(clock));
  const current = createPrincipal({ ...principal, roles });
  return { ...authentication, record, principal: withCountedFactor(current, record) };
}

function noDirectoryEntry(caller: Principal): AppError {
  const detail = 'This needs an entry of your own in the directory.';
  return new AppError('permission_denied', detail, { reason: 'no-directory-entry', caller });
}
