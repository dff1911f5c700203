import type { AuditLog } from '../audit/index.ts';
import { refuseSignIn } from '../authn/sign-in-policy.ts';
import { seconds } from '../core/clock.ts';
import {
  type DirectoryEntry,
  type DirectoryService,
  hasCurrentProfile,
  provisionEntry,
} from '../directory/index.ts';
import type { Account } from '../platform/firebase-auth/account.ts';
import type { Platform } from '../platform/platform.ts';
import { evaluateSignUp } from './policy.ts';

/** What the event handlers use. */
export interface SignUpDeps extends Pick<Platform, 'accounts' | 'clock' | 'config' | 'log'> {
  readonly audit: AuditLog;
  readonly directory: DirectoryService;
}

type ProvisionDeps = Pick<SignUpDeps, 'clock' | 'directory'> & {
  readonly config: Pick<SignUpDeps['config'], 'defaultRole' | 'signUpDomains' | 'signIn'>;
};

/** Did the user never have roles? An administrator who took the default role away has left a version. */
export function neverHadRoles({ rolesVersion, disabled, identity }: DirectoryEntry): boolean {
  return rolesVersion === 0 && !disabled && identity === undefined;
}

/**
 * Do the policies give this user the default role now? A user gets none who cannot sign in with any of their providers.
 * Anonymous and custom-token users have no provider, and get none.
 */
export function getsDefaultRole(
  { defaultRole, signUpDomains, signIn }: ProvisionDeps['config'],
  account: Account,
  entry: DirectoryEntry,
): boolean {
  return (
    defaultRole !== 'none' &&
    account.providers.some((provider) => refuseSignIn(signIn, { ...account, provider }) === undefined) &&
    !account.disabled &&
    evaluateSignUp(account, signUpDomains) === 'admitted' &&
    neverHadRoles(entry)
  );
}

/**
 * The rule for the default role, wherever an account is seen: who is admitted by the sign-up policy and never had roles gets
 * it, once. Also brings the entry up to date with the account. Of concurrent calls, one transaction gives the role.
 *
 * @param account as Firebase Auth has it now
 * @param options `requestId` for the audit log; `found`: the entry, when it was read already
 * @returns the entry after that
 * @throws AppError `not_found` for an id that no document can have; `unavailable`
 */
export async function provisionUser(
  { config, directory, clock }: ProvisionDeps,
  account: Account,
  { requestId, found }: { requestId: string; found?: DirectoryEntry | undefined },
): Promise<DirectoryEntry> {
  const { uid } = account;
  const { defaultRole: role } = config;
  const isCurrent = found !== undefined && hasCurrentProfile(account, found);
  const entry = isCurrent ? found : await provisionEntry(directory, account, seconds(clock));
  if (role === 'none' || !getsDefaultRole(config, account, entry)) return entry;
  const changed = await directory.changeAccess(
    { kind: 'system', requestId },
    { uid, action: 'roles.default' },
    ({ entry: current, now }) =>
      neverHadRoles(current) ? { grants: [{ role, grantedBy: 'system', grantedAt: now }] } : undefined,
  );
  return changed ?? (await directory.find(uid)) ?? entry;
}
