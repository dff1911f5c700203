import { isDeepStrictEqual } from 'node:util';
import { compileRoleClaims } from '../../authz/role-claims.ts';
import { type Clock, seconds } from '../../core/clock.ts';
import type { Account } from '../../platform/firebase-auth/account.ts';
import type { AccountStore } from '../../platform/firebase-auth/account-store.ts';
import { mergeClaims } from '../../platform/firebase-auth/custom-claims.ts';
import type { DirectoryEntry } from '../entry.ts';

/**
 * Tells Firebase Auth all that it has not been told of a user. Takes away before it gives.
 *
 * @returns when nobody could sign in any more who is disabled, by this instance's clock; undefined when the
 *   account is gone now
 */
export async function applyToFirebaseAuth(
  accounts: AccountStore,
  { account, entry, clock }: { account: Account; entry: DirectoryEntry; clock: Clock },
): Promise<number | undefined> {
  const { uid, pending } = entry;
  const disabledDiffers = pending.includes('disabled') && account.disabled !== entry.disabled;
  if (disabledDiffers && entry.disabled) await accounts.setDisabled(uid, true);
  const disabledAt = clock();
  if (pending.includes('deletion')) {
    await accounts.remove(uid);
    return undefined;
  }
  if (pending.includes('sessions') && account.validAfter < entry.validAfter) {
    await accounts.revokeTokens(uid, entry.validAfter);
  }
  if (pending.includes('claims')) {
    const access = compileRoleClaims(entry.grants, entry.rolesVersion, seconds(clock));
    const claims = mergeClaims(account.claims, access);
    if (!isDeepStrictEqual(claims, account.claims)) await accounts.setClaims(uid, claims);
  }
  if (disabledDiffers && !entry.disabled) await accounts.setDisabled(uid, false);
  return disabledAt;
}
