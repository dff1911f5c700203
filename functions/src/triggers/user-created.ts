import { type AuthOptions, onUserCreated } from 'firebase-functions/identity';
import type { Deps } from '../deps.ts';
import { giveDefaultRole } from '../users/first-roles.ts';
import { admit } from '../users/sign-up-policy.ts';

/**
 * The sign-up policy for projects without Identity Platform: it learns of a user after the fact, so it disables whom it
 * cannot refuse. Events may come twice, late or out of order; what it reads is the account as it is now.
 */
export function createUserCreatedTrigger(options: AuthOptions, deps: () => Deps) {
  return onUserCreated({ ...options, retry: true }, async (event) => {
    const { accounts, config, log } = deps();
    const account = await accounts.find(event.data.uid);
    // Gone again, or anonymous or custom-token: those are outside the policy, as they are with blocking functions.
    // Or somebody has decided about them since: an event may be late, or come again.
    if (account === undefined || account.providers.length === 0 || account.rolesVersion > 0) return;

    const system = { requestId: event.id, actor: 'system', target: account.uid, outcome: 'done' } as const;
    if (admit(account, config.signUpDomains) === 'refused') {
      await accounts.revokeTokens(account.uid);
      await accounts.setDisabled(account.uid, true);
      log.change({ ...system, action: 'user.refuse', reason: 'sign-up is not open to this e-mail address' });
    } else if (config.defaultRole !== 'none' && admit(account, config.signUpDomains) === 'admitted') {
      const given = await giveDefaultRole(accounts, account.uid, config.defaultRole);
      if (given !== undefined) log.change({ ...system, action: 'roles.default', after: given.roles });
    }
  });
}
