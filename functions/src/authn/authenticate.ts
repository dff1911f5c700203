import { invalidToken, tokenStale } from '../errors.ts';
import { type Clock, seconds } from '../lib/clock.ts';
import type { AccountState, AccountStates } from './account-states.ts';
import type { Authenticator } from './authenticators/authenticator.ts';
import type { Credential } from './credential.ts';
import { ANONYMOUS, type Principal } from './principal.ts';
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
 * @param fresh compare with the account's record of this moment, not of the last few seconds: for privileged access
 * @throws AppError `invalid_token`, `token_stale`, `unavailable`
 */
export async function authenticate(
  deps: AuthenticateDeps,
  credential: Credential | undefined,
  { fresh }: { fresh: boolean },
): Promise<Principal> {
  if (credential === undefined) return ANONYMOUS;
  const verified = await verify(deps, credential.token);
  const { subject } = verified.principal;
  if (!fresh && isCurrent(verified, await deps.accountStates.get(subject, false))) return verified.principal;
  // A token that differs may be newer than what is remembered here.
  if (isCurrent(verified, await deps.accountStates.get(subject, true))) return verified.principal;
  throw tokenStale('roles changed', subject);
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
 * Does the account's record still say what the token says? Revoked means signed in before `validAfter`, in whole
 * seconds, as firebase-admin compares it.
 *
 * @returns false when the roles differ
 * @throws AppError when the record is reason enough, however new the token is
 */
function isCurrent({ principal, rolesVersion }: VerifiedToken, state: AccountState | undefined): boolean {
  const { subject, authTime, roles } = principal;
  if (state === undefined) throw invalidToken('account deleted', undefined, subject);
  if (state.disabled) throw invalidToken('account disabled', undefined, subject);
  if (authTime < state.validAfter) throw tokenStale('revoked', subject);
  if (rolesVersion < state.rolesVersion) throw tokenStale('roles changed', subject);
  return rolesVersion === state.rolesVersion && roles.join() === state.roles.join();
}
