import type { QueryDocumentSnapshot } from '@google-cloud/firestore';
import type { Account } from '../../platform/firebase-auth/account.ts';
import { omitUndefined, useFirestore } from '../../platform/firestore/firestore.ts';
import { DIRECTORY } from '../directory.ts';
import { profileOf } from '../entry.ts';
import type { Migration } from './migration.ts';

/** Users that Firebase Auth finds in one call. */
const BATCH = 100;

/**
 * Entries of the first versions have no `emails`: the look-up by an address of a sign-in provider does not find them. They
 * get the profile that their account has now; external users, and users without an account, the address that they have.
 *
 * Writes these fields and no other: the roles of an adopter's own configuration are unknown to the package's command.
 */
export const completeProfiles: Migration = {
  version: 1,
  summary: 'e-mail addresses of all sign-in providers in the directory',
  async step({ open, accounts }, cursor, { dryRun }) {
    const docs = await useFirestore('migration.read', open, async ({ db, FieldPath }) => {
      const query = db.collection(DIRECTORY).orderBy(FieldPath.documentId()).limit(BATCH);
      return (await (cursor === undefined ? query : query.startAfter(cursor)).get()).docs;
    });
    const old = docs.filter((document) => document.get('emails') === undefined);
    if (!dryRun && old.length > 0) {
      const found = await accounts.findAll(old.map(({ id }) => id));
      const accountOf = new Map(found.map((account): [string, Account] => [account.uid, account]));
      await useFirestore('migration.write', open, () =>
        Promise.all(old.map((document) => complete(document, accountOf.get(document.id)))),
      );
    }
    const next = docs.length < BATCH ? undefined : docs.at(-1)?.id;
    return { read: docs.length, changed: old.length, cursor: next };
  },
};

/** gRPC codes (https://grpc.io/docs/guides/status-codes/): NOT_FOUND, FAILED_PRECONDITION. */
const CHANGED_MEANWHILE = new Set<unknown>([5, 9]);

async function complete(document: QueryDocumentSnapshot, account: Account | undefined): Promise<void> {
  const email: unknown = document.get('email');
  const isFirebaseUser = document.get('identity') === undefined && account !== undefined;
  const fields = isFirebaseUser ? omitUndefined(profileOf(account)) : { emails: email ? [email] : [] };
  try {
    await document.ref.update(fields, { lastUpdateTime: document.updateTime });
  } catch (error) {
    // Whatever has changed the entry since wrote `emails`, too, or deleted it.
    if (!(error instanceof Error && 'code' in error && CHANGED_MEANWHILE.has(error.code))) throw error;
  }
}
