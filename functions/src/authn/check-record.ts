import { type Caller, invalidToken, tokenStale } from '../core/errors.ts';
import type { AccessRecord } from './access-records.ts';

/**
 * Does the record let somebody in who signed in then?
 *
 * @param authTime seconds since the epoch
 * @throws AppError `invalid_token` for who is disabled, `token_stale` for a sign-in that was revoked
 */
export function checkRecord(
  { disabled, validAfter }: Pick<AccessRecord, 'disabled' | 'validAfter'>,
  authTime: number,
  caller: Caller,
): void {
  if (disabled) throw invalidToken('account-disabled', { caller });
  if (authTime < validAfter) throw tokenStale('revoked', caller);
}
