import { type AuthOptions, onUserCreated, onUserDeleted } from 'firebase-functions/identity';
import { isUid } from '../core/uid.ts';
import { handleAccountDeleted } from '../directory/sync/handle-account-deleted.ts';
import { markAccountOutOfSync } from '../directory/sync/mark-account-out-of-sync.ts';
import { grantDefaultRole } from '../users/operator-grant.ts';
import { evaluateSignUp } from './policy.ts';
import type { SignUpService } from './service.ts';

/**
 * Keep the directory in step with Firebase Auth's users. Events may come twice, late or out of order; what counts is the
 * account as it is when one is handled.
 */
export function createUserEvents(options: AuthOptions, deps: () => SignUpService) {
  return {
    /**
     * Enters new users in the directory. Without Identity Platform it is also the sign-up policy: it learns of a user
     * after the fact, so it disables whom it cannot refuse.
     */
    onUserCreated: onUserCreated({ ...options, retry: true }, async (event) => {
      const { accounts, directory, users, config } = deps();
      const { changeAccess, sync } = directory;
      const { uid } = event.data;
      const account = await accounts.find(uid);
      if (account === undefined || !isUid(uid)) return;
      const { identity, rolesVersion } = await users.get(uid);
      // An exchange made it, or a custom token did after somebody deleted the one before.
      if (identity !== undefined) {
        await markAccountOutOfSync(directory, account);
        await sync.syncAccount(uid);
        return;
      }
      // Anonymous or custom-token: those are outside the policy, as they are with blocking functions. Or somebody has
      // decided about them since: an event may be late, or come again.
      if (account.providers.length === 0 || rolesVersion > 0) return;

      const admission = evaluateSignUp(account, config.signUpDomains);
      const actor = { principal: 'system', requestId: event.id };
      if (admission === 'refused') {
        const reason = 'sign-up is not open to this e-mail address';
        await changeAccess(actor, { uid, action: 'user.sign-up-refused', reason }, ({ entry }) =>
          entry.rolesVersion > 0 || entry.disabled ? undefined : { disabled: true },
        );
      } else if (config.defaultRole !== 'none' && admission === 'admitted') {
        await grantDefaultRole(
          { users, changeAccess },
          { uid, role: config.defaultRole, requestId: event.id },
        );
      }
    }),
    /** Takes users out of the directory whom somebody deleted elsewhere, e.g. in Firebase's console. */
    onUserDeleted: onUserDeleted({ ...options, retry: true }, async (event) => {
      const { accounts, directory } = deps();
      const { uid } = event.data;
      if (!isUid(uid) || (await accounts.find(uid)) !== undefined) return;
      await handleAccountDeleted(directory, { uid, requestId: event.id });
    }),
  };
}
