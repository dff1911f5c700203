import type { AuditLog } from '../audit/index.ts';
import type { Role } from '../authz/roles.ts';
import { type DirectoryService, findOrProvision } from '../directory/index.ts';
import type { Platform } from '../platform/platform.ts';

/** What the event handlers use. */
export interface SignUpService extends Pick<Platform, 'accounts' | 'clock' | 'config' | 'log'> {
  readonly audit: AuditLog;
  readonly directory: DirectoryService;
}

/**
 * Gives a new user the default role. Does nothing when the user has or ever had roles, so that a late or repeated event
 * neither restores nor removes what an administrator has changed since.
 *
 * @param requestId id of the event
 * @throws AppError `not_found`, `unavailable`
 */
export async function grantDefaultRole(
  deps: Pick<SignUpService, 'accounts' | 'clock' | 'directory'>,
  { uid, role, requestId }: { uid: string; role: Role; requestId: string },
): Promise<void> {
  await findOrProvision(deps, uid);
  await deps.directory.changeAccess(
    { kind: 'system', requestId },
    { uid, action: 'roles.default' },
    ({ entry, now }) =>
      entry.rolesVersion > 0 ? undefined : { grants: [{ role, grantedBy: 'system', grantedAt: now }] },
  );
}
