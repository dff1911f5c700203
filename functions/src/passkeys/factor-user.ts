import type { Principal } from '../authz/principal.ts';
import { AppError } from '../core/errors.ts';
import { userOf } from '../sessions/index.ts';

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
