import { type Caller, invalidToken, tokenStale } from '../core/errors.ts';
import type { AccessRecord } from './access-records.ts';

/**
 * Does the record accept a sign-in of that time?
 *
 * @param authTime seconds since the epoch
 * @throws AppError `invalid_token` for a disabled user, `token_stale` for a sign-in that was revoked
 */
export function checkRecord(
  { disabled, validAfter }: Pick<AccessRecord, 'disabled' | 'validAfter'>,
  authTime: number,
  caller: Caller,
): void {
  if (disabled) throw invalidToken('account-disabled', { caller });
  if (authTime < validAfter) throw tokenStale('revoked', caller);
}
