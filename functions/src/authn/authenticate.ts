import { rolesAt } from '../authz/access-claims.ts';
import { AppError, invalidToken, tokenStale } from '../errors.ts';
import { type Clock, seconds } from '../lib/clock.ts';
import type { AccessChanges, LatestChange } from './access-changes.ts';
import type { AccessRecord, AccessRecords } from './access-records.ts';
import type { Authenticator } from './authenticators/authenticator.ts';
import type { Credential } from './credential.ts';
import { ANONYMOUS, createPrincipal, type Principal } from './principal.ts';
import { parseToken } from './token-guard.ts';
import type { VerifiedToken, VerifiedTokenCache } from './verified-token-cache.ts';

export interface AuthenticateDeps {
  readonly authenticators: readonly Authenticator[];
  readonly verifiedTokens: VerifiedTokenCache;
  readonly accessChanges: AccessChanges;
  readonly accessRecords: AccessRecords;
  readonly clock: Clock;
}

/**
 * A credential → a principal. Tri-state: no credential is {@link ANONYMOUS}; an unacceptable one always throws, even
 * where sign-in is optional; a good one is an immutable principal.
 *
 * @param fresh decide on the record of this moment, not on the token and the changes of the last seconds: for privileged
 *   access
 * @throws AppError `invalid_token`, `token_stale`, `unavailable`; `permission_denied` without an entry in the directory
 */
export async function authenticate(
  deps: AuthenticateDeps,
  credential: Credential | undefined,
  { fresh }: { fresh: boolean },
): Promise<Principal> {
  if (credential === undefined) return ANONYMOUS;
  const verified = await verify(deps, credential.token);
  const { directoryId, subject } = verified.principal;
  if (directoryId === undefined) {
    if (!fresh) return verified.principal;
    throw new AppError('permission_denied', 'This needs an entry in the directory.', { subject });
  }
  try {
    if (fresh) return asRecorded(verified, await deps.accessRecords.read(directoryId), seconds(deps.clock));
    checkChange(verified, await deps.accessChanges.latest(directoryId));
    return verified.principal;
  } catch (error) {
    if (error instanceof AppError && error.code === 'token_stale') await deps.accessRecords.mend(directoryId);
    throw error;
  }
}

async function verify(deps: AuthenticateDeps, raw: string): Promise<VerifiedToken> {
  const now = seconds(deps.clock);
  const seen = deps.verifiedTokens.get(raw, now);
  if (seen !== undefined) return seen;

  const token = parseToken(raw);
  // `iss` only chooses who looks; nothing is fetched for an issuer that is not on the list.
  const authenticator = deps.authenticators.find(({ issuer }) => issuer === token.payload.iss);
  if (authenticator === undefined) throw invalidToken('issuer not on the list');
  const verified = await authenticator.authenticate(token, now);
  deps.verifiedTokens.set(raw, verified);
  return verified;
}

/** Has anything happened since the token was issued? Sign-ins and revocations are compared in whole seconds. */
function checkChange({ principal, rolesVersion }: VerifiedToken, change: LatestChange | undefined): void {
  const { validAfter = 0, rolesVersion: current = 0 } = change ?? {};
  if (principal.authTime < validAfter) throw tokenStale('revoked', principal.subject);
  if (rolesVersion !== null && rolesVersion < current) throw tokenStale('roles changed', principal.subject);
}

/** The principal with the roles of its record. @throws AppError unless the token says what the record says */
function asRecorded(
  { principal, rolesVersion }: VerifiedToken,
  record: AccessRecord | undefined,
  now: number,
): Principal {
  const { subject } = principal;
  if (record === undefined) throw invalidToken('account deleted', undefined, subject);
  if (record.disabled) throw invalidToken('account disabled', undefined, subject);
  if (principal.authTime < record.validAfter) throw tokenStale('revoked', subject);
  if (rolesVersion !== null && rolesVersion !== record.rolesVersion)
    throw tokenStale('roles changed', subject);
  return createPrincipal({ ...principal, roles: rolesAt(record.grants, now) });
}
