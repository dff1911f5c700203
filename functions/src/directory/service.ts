import type { AuditLog } from '../audit/index.ts';
import type { AccessRecords } from '../authn/ports.ts';
import type { Platform } from '../platform/platform.ts';
import { type ChangeAccess, createChangeAccess } from './change-access.ts';
import { createDirectory, type Directory } from './directory.ts';
import { createDirectoryList, type DirectoryList } from './list.ts';
import { createAccessRecords } from './records.ts';
import { readAccessChanges } from './revocation/access-changes.ts';
import { createRevocationFeed, type RevocationFeed } from './revocation/feed.ts';
import { type AccountSync, createAccountSync } from './sync/account-sync.ts';
import { createReconcileAccess, type ReconcileAccess } from './sync/reconcile.ts';

/** The directory, and everything that keeps Firebase Auth and all instances in step with it. */
export interface DirectoryService extends Directory {
  readonly list: DirectoryList;
  readonly changeAccess: ChangeAccess;
  readonly sync: AccountSync;
  readonly reconcile: ReconcileAccess;
  /** {@link reconcile} as the system, with a line in the log. */
  reconcileOnSchedule(): Promise<void>;
  readonly records: AccessRecords;
  readonly feed: RevocationFeed;
}

export function createDirectoryService(
  { config, clock, log, accounts, firestore: open }: Platform,
  { audit }: { audit: AuditLog },
): DirectoryService {
  const maxAge = config.accessChangeMaxAge;
  const feed = createRevocationFeed({ readSince: readAccessChanges(open), clock, maxAge, log });
  const directory = createDirectory({ open, clock, audit, onAccessChange: feed.apply });
  const sync = createAccountSync({ directory, accounts, clock, log });
  const changeAccess = createChangeAccess({ directory, sync, audit, log });
  const reconcile = createReconcileAccess({ open, changeAccess, sync, clock });
  return {
    ...directory,
    ...{ sync, changeAccess, feed, reconcile },
    async reconcileOnSchedule() {
      log.reconciled(await reconcile({ kind: 'system', requestId: 'reconcileAccess' }));
    },
    list: createDirectoryList({ open, clock }),
    records: createAccessRecords({ directory, accounts, sync, clock, log }),
  };
}
