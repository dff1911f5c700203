import { isDeepStrictEqual } from 'node:util';
import { compileAccessClaims } from '../authz/access-claims.ts';
import { type Clock, seconds } from '../lib/clock.ts';
import type { Account } from '../users/account.ts';
import type { AccountStore } from '../users/account-store.ts';
import { mergeClaims } from '../users/claims.ts';
import { type DirectoryEntry, grantsInForce } from './directory-entry.ts';

/**
 * Tells Firebase Auth all that it has not been told of a user. Takes away before it gives.
 *
 * @returns when nobody could sign in any more who is disabled, by this instance's clock; undefined when the
 *   account is gone now
 */
export async function tellAccount(
  accounts: AccountStore,
  { account, entry, clock }: { account: Account; entry: DirectoryEntry; clock: Clock },
): Promise<number | undefined> {
  const { uid, pending } = entry;
  const isOutOfStep = pending.includes('disabled') && account.disabled !== entry.disabled;
  if (isOutOfStep && entry.disabled) await accounts.setDisabled(uid, true);
  const shutAt = clock();
  if (pending.includes('deletion')) {
    await accounts.remove(uid);
    return undefined;
  }
  if (pending.includes('sessions') && account.validAfter < entry.validAfter) {
    await accounts.revokeTokens(uid, entry.validAfter);
  }
  if (pending.includes('claims')) {
    const access = compileAccessClaims(grantsInForce(entry), entry.rolesVersion, seconds(clock));
    const claims = mergeClaims(account.claims, access);
    if (!isDeepStrictEqual(claims, account.claims)) await accounts.setClaims(uid, claims);
  }
  if (isOutOfStep && !entry.disabled) await accounts.setDisabled(uid, false);
  return shutAt;
}
