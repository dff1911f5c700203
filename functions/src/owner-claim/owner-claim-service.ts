import { isExternalId } from '../authn/external-identity.ts';
import { checkRecord } from '../authn/ports.ts';
import type { PrincipalActor } from '../authz/principal.ts';
import { compileRoleClaims, isActive } from '../authz/role-claims.ts';
import { AppError, invalidToken } from '../core/errors.ts';
import type { DirectoryService, Grant } from '../directory/index.ts';
import { emailAddressesOf, mergeClaims } from '../platform/firebase-auth/account.ts';
import type { Platform } from '../platform/platform.ts';
import { createUserView, type UserView } from '../users/index.ts';
import { ownerExists, refusalOf } from './claim-code.ts';

export type OwnerClaimService = ReturnType<typeof createOwnerClaimService>;

export function createOwnerClaimService(
  { accounts, clock, config }: Pick<Platform, 'accounts' | 'clock' | 'config'>,
  { directory }: { directory: DirectoryService },
) {
  const show = createUserView({ clock, config });

  return {
    /**
     * Makes the actor the first owner, if the code is right. One transaction: the list of owners, the code, the grant, the
     * access change and the audit event.
     *
     * @throws AppError `permission_denied` for a user of another issuer, or without a verified e-mail address;
     *   `invalid_claim_code`, `owner_exists`, `claims_too_large`, `unavailable`; `invalid_token` and
     *   `token_stale` for an account that was disabled, deleted or signed out
     */
    async claim(actor: PrincipalActor, code: string): Promise<UserView> {
      const { principal } = actor;
      const { uid, authTime } = principal;
      if (uid === undefined || isExternalId(uid)) {
        const detail = 'The first owner is a user of this Firebase project. Sign in with such an account.';
        throw new AppError('permission_denied', detail, { reason: 'no-firebase-user' });
      }
      // The record, not the token: the account may have been disabled or signed out a moment ago. Creates the entry.
      const [record, account] = await Promise.all([directory.records.read(uid), accounts.find(uid)]);
      if (record === undefined || account === undefined)
        throw invalidToken('account-deleted', { caller: principal });
      checkRecord(record, authTime, principal);

      const intent = { uid, action: 'owner.claim', ownerClaim: true } as const;
      const changed = await directory.changeAccess(actor, intent, ({ entry, now, ownerClaim }) => {
        if (ownerClaim?.hasOwner !== false) throw ownerExists();
        checkRecord(entry, authTime, principal);
        const reason = refusalOf(ownerClaim.document, code, now);
        if (reason !== undefined) {
          const detail = 'The code is wrong, was used, or is older than an hour. Create another one.';
          throw new AppError('invalid_claim_code', detail, { reason });
        }
        // After the code: whoever has it learns what is missing.
        if (!emailAddressesOf(account).some(({ verified }) => verified)) {
          const detail = 'Verify the e-mail address of your account first, then try again.';
          throw new AppError('permission_denied', detail, { reason: 'email-not-verified' });
        }
        const others = entry.grants.filter((grant) => grant.role !== 'owner' && isActive(grant, now));
        const owner: Grant = { role: 'owner', grantedBy: 'operator', grantedAt: now, reason: 'claim code' };
        const grants = [...others, owner];
        mergeClaims(account.claims, compileRoleClaims(grants, entry.rolesVersion + 1, now));
        return { grants };
      });
      if (changed === undefined) throw new Error('directory.changeAccess did not grant the role');
      return show(changed);
    },
  };
}
