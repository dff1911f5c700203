import type { AuditLog } from '../audit/index.ts';
import type { Platform } from '../platform/platform.ts';
import { createAddUser } from './add-user.ts';
import { createChangeAccess } from './change-access.ts';
import { createDirectory } from './directory.ts';
import { createDirectoryList } from './list.ts';
import { compareSchema } from './migrations/schema.ts';
import { createAccessRecords } from './records.ts';
import { readAccessChanges } from './revocation/access-changes.ts';
import { createRevocationFeed } from './revocation/feed.ts';
import { createAccountSync } from './sync/account-sync.ts';
import { createReconcileAccess } from './sync/reconcile.ts';

/** The directory, and everything that keeps Firebase Auth and all instances in sync with it. */
export type DirectoryService = ReturnType<typeof createDirectoryService>;

export function createDirectoryService(
  {
    config,
    clock,
    log,
    accounts,
    firestore: open,
  }: Pick<Platform, 'config' | 'clock' | 'log' | 'accounts' | 'firestore'>,
  { audit }: { audit: AuditLog },
) {
  const maxAge = config.accessChangeMaxAge;
  const feed = createRevocationFeed({ readSince: readAccessChanges(open), clock, maxAge, log });
  const directory = createDirectory({ open, clock, audit, onAccessChange: feed.apply });
  const sync = createAccountSync({ directory, accounts, clock, log });
  const changeAccess = createChangeAccess({ directory, sync, audit, log });
  const reconcile = createReconcileAccess({ open, changeAccess, sync, clock });
  return {
    ...directory,
    list: createDirectoryList({ open, clock }),
    records: createAccessRecords({ directory, accounts, sync, clock, log }),
    feed,
    sync,
    changeAccess,
    addUser: createAddUser({ directory, accounts, sync, audit, log }),
    reconcile,
    /** {@link reconcile} as the system, with a line in the log. Also compares the schema of the data: no request does. */
    async reconcileOnSchedule(): Promise<void> {
      const reconciled = await reconcile({ kind: 'system', requestId: 'reconcileAccess' });
      log.reconciled({ ...reconciled, schema: await compareSchema({ open }) });
    },
  };
}
