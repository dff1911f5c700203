import { AppError, invalidToken } from '../errors.ts';
import { type Clock, seconds } from '../lib/clock.ts';
import type { AccountState, AccountStates } from './account-states.ts';
import type { Authenticator } from './authenticators/authenticator.ts';
import type { Credential } from './credential.ts';
import { ANONYMOUS, type Principal, withRoles } from './principal.ts';
import { parseToken } from './token-guard.ts';
import type { VerifiedToken, VerifiedTokenCache } from './verified-token-cache.ts';

export interface AuthenticateDeps {
  readonly authenticators: readonly Authenticator[];
  readonly verifiedTokens: VerifiedTokenCache;
  readonly accountStates: AccountStates;
  readonly clock: Clock;
}

/**
 * A credential → a principal. Tri-state: no credential is {@link ANONYMOUS}; an unacceptable one always throws, even
 * where sign-in is optional; a good one is an immutable principal.
 *
 * @param fresh ask Firebase Auth now, and take the roles from its record instead of the token: for privileged access
 * @throws AppError `invalid_token`, `token_stale`, `unavailable`
 */
export async function authenticate(
  deps: AuthenticateDeps,
  credential: Credential | undefined,
  { fresh }: { fresh: boolean },
): Promise<Principal> {
  if (credential === undefined) return ANONYMOUS;
  const verified = await verify(deps, credential.token);
  const state = await deps.accountStates.get(verified.principal.subject, fresh);
  checkState(verified, state);
  return fresh ? withRoles(verified.principal, state.roles) : verified.principal;
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

/**
 * Revoked means signed in before `validAfter`, in whole seconds, as firebase-admin compares it. An older `rv` means the
 * roles in the token were changed since.
 */
function checkState(token: VerifiedToken, state: AccountState | undefined): asserts state is AccountState {
  const { subject, authTime } = token.principal;
  if (state === undefined) throw invalidToken('account deleted', undefined, subject);
  if (state.disabled) throw invalidToken('account disabled', undefined, subject);
  if (authTime < state.validAfter) throw stale('revoked', subject);
  if (token.rolesVersion < state.rolesVersion) throw stale('roles changed', subject);
}

function stale(reason: string, subject: string): AppError {
  const detail = 'Refresh the token once and try again; if that fails, sign in again.';
  return new AppError('token_stale', detail, { reason, subject });
}
