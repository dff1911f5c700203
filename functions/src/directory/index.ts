import { defineModule } from '../pipeline/module.ts';
import { reconcileDirectory } from './operations.ts';
import { createDirectoryService } from './service.ts';
import { createReconcileSchedule } from './sync/reconcile-schedule.ts';

export { type ChangeAccess, reportingRefusal } from './change-access.ts';
export {
  type ChangeContext,
  type Directory,
  type Outcome,
  OWNER_CLAIM,
  type OwnerClaim,
} from './directory.ts';
export { applyEdit, applyGrantRequests, type GrantRequest, summarizeGrants } from './edit.ts';
export type { DirectoryEntry, Grant } from './entry.ts';
export type { DirectoryList, UserPage, UserQuery } from './list.ts';
export { type Contact, type CurrentEntry, findByContact, withCurrentProfiles } from './look-up.ts';
export { migrate } from './migrations/migrate.ts';
export { MIGRATIONS } from './migrations/schema.ts';
export { findOrProvision, hasCurrentProfile, provisionEntry, provisionExternalUser } from './provision.ts';
export { entryVersion, recordOf, withRevocation } from './records.ts';
export type { DirectoryService } from './service.ts';
export { handleAccountDeleted, markAccountOutOfSync } from './sync/account-lifecycle.ts';
export type { AccountSync } from './sync/account-sync.ts';
export { resyncAll } from './sync/resync-all.ts';

/** The record of who may do what, synced to Firebase Auth and to every instance. */
export const directory = defineModule({
  name: 'directory',
  summary: 'The record of who may do what.',
  create: createDirectoryService,
  operations: [reconcileDirectory],
  triggers: (service, options) => ({ reconcileAccess: createReconcileSchedule(options, service) }),
});
