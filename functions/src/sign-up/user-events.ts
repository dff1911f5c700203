import { type AuthOptions, onUserCreated, onUserDeleted } from 'firebase-functions/identity';
import { isUid } from '../core/uid.ts';
import { findOrProvision, handleAccountDeleted, markAccountOutOfSync } from '../directory/index.ts';
import { evaluateSignUp } from './policy.ts';
import type { SignUpService } from './service.ts';
import { grantDefaultRole } from './service.ts';

/**
 * Syncs the directory with the users of Firebase Auth. Events may come twice, late or out of order: each handler reads the
 * current account.
 */
export function createUserEvents(options: AuthOptions, deps: () => SignUpService) {
  return {
    /**
     * Creates the entry of a new user. Without Identity Platform it also enforces the sign-up policy: the user exists
     * already, so it disables users that the policy refuses.
     */
    onUserCreated: onUserCreated({ ...options, retry: true }, async (event) => {
      const { accounts, clock, directory, config } = deps();
      const { changeAccess, sync } = directory;
      const { uid } = event.data;
      const account = await accounts.find(uid);
      if (account === undefined || !isUid(uid)) return;
      const { identity, rolesVersion } = await findOrProvision({ directory, accounts, clock }, uid);
      // The account was created by a token exchange, or by its custom token after the previous account was deleted.
      if (identity !== undefined) {
        await markAccountOutOfSync(directory, account);
        await sync.syncAccount(uid);
        return;
      }
      // The policy ignores anonymous and custom-token users, as blocking functions do. With a version above 0, an
      // administrator has changed the roles since: the event is late or repeated.
      if (account.providers.length === 0 || rolesVersion > 0) return;

      const decision = evaluateSignUp(account, config.signUpDomains);
      const actor = { kind: 'system', requestId: event.id } as const;
      if (decision === 'refused') {
        const reason = 'sign-up is not open to this e-mail address';
        await changeAccess(actor, { uid, action: 'user.sign-up-refused', reason }, ({ entry }) =>
          entry.rolesVersion > 0 || entry.disabled ? undefined : { disabled: true },
        );
      } else if (config.defaultRole !== 'none' && decision === 'admitted') {
        await grantDefaultRole(deps(), { uid, role: config.defaultRole, requestId: event.id });
      }
    }),
    /** Deletes the entries of users who were deleted elsewhere, for example in the Firebase console. */
    onUserDeleted: onUserDeleted({ ...options, retry: true }, async (event) => {
      const { accounts, directory } = deps();
      const { uid } = event.data;
      if (!isUid(uid) || (await accounts.find(uid)) !== undefined) return;
      await handleAccountDeleted(directory, { uid, requestId: event.id });
    }),
  };
}
