import type { Role } from '../authz/roles.ts';
import type { Clock } from '../core/clock.ts';
import { type ChangeAccess, type Directory, findOrProvision } from '../directory/index.ts';
import type { AccountStore } from '../platform/firebase-auth/account-store.ts';

interface Deps {
  readonly directory: Directory;
  readonly accounts: Pick<AccountStore, 'find'>;
  readonly clock: Clock;
  readonly changeAccess: ChangeAccess;
}

/**
 * Gives a new user the default role. Does nothing when the user has or ever had roles, so that a late or repeated event
 * neither restores nor removes what an administrator has changed since.
 *
 * @param requestId id of the event
 * @throws AppError `not_found`, `unavailable`
 */
export async function grantDefaultRole(
  deps: Deps,
  { uid, role, requestId }: { uid: string; role: Role; requestId: string },
): Promise<void> {
  await findOrProvision(deps, uid);
  await deps.changeAccess(
    { kind: 'system', requestId },
    { uid, action: 'roles.default' },
    ({ entry, now }) =>
      entry.rolesVersion > 0 ? undefined : { grants: [{ role, grantedBy: 'system', grantedAt: now }] },
  );
}
