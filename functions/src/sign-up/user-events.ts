import { type AuthOptions, onUserCreated, onUserDeleted, type User } from 'firebase-functions/identity';
import { isUid } from '../core/uid.ts';
import { handleAccountDeleted, markAccountOutOfSync } from '../directory/index.ts';
import { evaluateSignUp } from './policy.ts';
import { neverHadRoles, provisionUser, type SignUpDeps } from './service.ts';

/**
 * Syncs the directory with the users of Firebase Auth. Events may come twice, late or out of order: each handler reads the
 * current account.
 */
export function createUserEvents(options: AuthOptions, deps: () => SignUpDeps) {
  return {
    /**
     * Creates the entry of a new user. Without Identity Platform it also enforces the sign-up policy: the user exists
     * already, so it disables users that the policy refuses.
     */
    onUserCreated: onUserCreated({ ...options, retry: true }, async (event) => {
      const { accounts, directory, config } = deps();
      const { changeAccess, sync } = directory;
      const { uid } = event.data;
      const account = await accounts.find(uid);
      if (account === undefined || !isUid(uid)) return;
      const requestId = event.id;
      const { identity } = await provisionUser(deps(), account, { requestId });
      // The account was created by a token exchange, or by its custom token after the previous account was deleted.
      if (identity !== undefined) {
        await markAccountOutOfSync(directory, account);
        await sync.syncAccount(uid);
        return;
      }
      // The policy ignores guests, as blocking functions do, also those who have linked an address since: it gives no role.
      if (account.providers.length === 0 || isGuest(event.data)) return;
      if (evaluateSignUp(account, config.signUpDomains) !== 'refused') return;
      const reason = 'sign-up is not open to this e-mail address';
      const actor = { kind: 'system', requestId } as const;
      await changeAccess(actor, { uid, action: 'user.sign-up-refused', reason }, ({ entry }) =>
        neverHadRoles(entry) ? { disabled: true } : undefined,
      );
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

/** Was the user created without a provider: anonymously, or for a custom token? The SDK sets what is absent to null or []. */
function isGuest({ email, phoneNumber, providerData }: User): boolean {
  return !email && !phoneNumber && providerData?.length === 0;
}
