import type { QueryDocumentSnapshot } from '@google-cloud/firestore';
import { AppError } from '../../core/errors.ts';
import type { Account } from '../../platform/firebase-auth/account.ts';
import { useFirestore } from '../../platform/firestore/firestore.ts';
import { DIRECTORY } from '../directory.ts';
import { profileOf } from '../entry.ts';
import type { Migration, MigrationDeps } from './migration.ts';

/** Users that Firebase Auth finds in one call. */
const BATCH = 100;

/**
 * Entries of the first versions have no `emails`: the look-up by an address of a sign-in provider does not find them. They
 * get the profile that their account has now; external users, and users without an account, the address that they have.
 */
export const completeProfiles: Migration = {
  version: 1,
  summary: 'e-mail addresses of all sign-in providers in the directory',
  async step(deps, cursor, { dryRun }) {
    const docs = await useFirestore('migration.read', deps.open, async ({ db, FieldPath }) => {
      const query = db.collection(DIRECTORY).orderBy(FieldPath.documentId()).limit(BATCH);
      return (await (cursor === undefined ? query : query.startAfter(cursor)).get()).docs;
    });
    const old = docs.filter((document) => document.get('emails') === undefined);
    const failed = dryRun ? [] : await completeAll(deps, old);
    return {
      read: docs.length,
      changed: old.length - failed.length,
      failed,
      cursor: docs.length < BATCH ? undefined : docs.at(-1)?.id,
    };
  },
};

/** @returns the ids of damaged entries */
async function completeAll(
  { directory, accounts }: MigrationDeps,
  old: readonly QueryDocumentSnapshot[],
): Promise<string[]> {
  const found = await accounts.findAll(old.map(({ id }) => id));
  const accountOf = new Map(found.map((account): [string, Account] => [account.uid, account]));
  const failed: string[] = [];
  for (const { id } of old) {
    const account = accountOf.get(id);
    try {
      await directory.change({ uid: id }, ({ entry }) => {
        if (entry === undefined) return undefined;
        const isFirebaseUser = entry.identity === undefined && account !== undefined;
        const emails = entry.email === undefined ? [] : [entry.email];
        return { entry: { ...entry, ...(isFirebaseUser ? profileOf(account) : { emails }) } };
      });
    } catch (error) {
      if (!(error instanceof AppError && error.reason === 'damaged-entry')) throw error;
      failed.push(id);
    }
  }
  return failed;
}
