import { checkRecord } from '../authn/ports.ts';
import type { Principal, PrincipalActor } from '../authz/principal.ts';
import type { FactorKind } from '../core/access-types.ts';
import { AppError } from '../core/errors.ts';
import type { DirectoryEntry } from '../directory/index.ts';
import { userOf, validSinceOf } from '../sessions/index.ts';

/** What is older than the entry belonged to a deleted user with the same id. */
export type FactorUser = Pick<DirectoryEntry, 'uid' | 'created'>;

/**
 * The user who manages or proves second factors of their own. @returns the directory id
 *
 * @throws AppError `permission_denied` for a service, an anonymous user, or a token that allows less than its user may do
 */
export function factorUser(principal: Principal): string {
  const detail = 'This caller cannot have second factors.';
  const { directoryId, provider } = userOf(principal, detail);
  if (provider !== 'anonymous') return directoryId;
  throw new AppError('permission_denied', detail, { reason: 'anonymous-not-allowed', caller: principal });
}

/**
 * Checks the entry of a user who changes their factors, in the transaction of the change: another request can have enrolled a
 * factor, or ended the sign-in, since the guard has decided.
 *
 * @throws AppError `permission_denied` without an entry; `invalid_token`, `token_stale`; `step_up_required`
 */
export function checkFactorChange(
  entry: DirectoryEntry | undefined,
  { principal }: PrincipalActor,
): DirectoryEntry {
  if (entry === undefined || entry.pending.includes('deletion')) throw noEntry(principal);
  const { session, authTime } = principal;
  checkRecord(entry, validSinceOf({ id: session?.id ?? '', validSince: authTime }, entry), principal);
  if (entry.factors?.length && principal.assurance.level !== 'aal2') {
    throw new AppError('step_up_required', 'Prove a second factor first.', {
      reason: 'step-up-required',
      stepUp: { assurance: 'aal2', factors: entry.factors },
    });
  }
  return entry;
}

export function noEntry(caller: Principal): AppError {
  const detail = 'Second factors need an entry of your own in the directory.';
  return new AppError('permission_denied', detail, { reason: 'no-directory-entry', caller });
}

/** The kinds of factors of a user who gets one more. */
export function withKind({ factors = [] }: DirectoryEntry, kind: FactorKind): readonly FactorKind[] {
  return [...new Set([...factors, kind])];
}
