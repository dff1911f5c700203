import type { AccountStore } from '../../platform/firebase-auth/account-store.ts';
import type { OpenFirestore } from '../../platform/firestore/firestore.ts';

export interface MigrationDeps {
  readonly open: OpenFirestore;
  readonly accounts: Pick<AccountStore, 'findAll'>;
}

/** What one step did. */
export interface MigrationStep {
  /** Documents read. */
  readonly read: number;
  /** Documents written; in a dry run, those that would be. */
  readonly changed: number;
  /** Where the next step begins; undefined after the last one. */
  readonly cursor: string | undefined;
}

/** A change of the stored data. Instances of the version before and of this one read the data before and after it. */
export interface Migration {
  /** 1 for the first migration, and one more for each further one. */
  readonly version: number;
  readonly summary: string;
  /**
   * Migrates the documents after the cursor. Idempotent: a step runs again when a run ends before its cursor is stored.
   *
   * @param cursor undefined in the first step
   */
  step(deps: MigrationDeps, cursor: string | undefined, options: { dryRun: boolean }): Promise<MigrationStep>;
}
