import type { DocumentReference, Timestamp, Transaction } from '@google-cloud/firestore';
import { useFirestore } from '../../platform/firestore/firestore.ts';
import { DIRECTORY } from '../directory.ts';
import { completeProfiles } from './complete-profiles.ts';
import type { Migration, MigrationDeps } from './migration.ts';

/** In the order in which they run. Each is also a line in docs/guides/upgrade.md. */
export const MIGRATIONS: readonly Migration[] = [completeProfiles];

/** Which migrations the data of a database has. */
export interface StoredSchema {
  /** Of the last completed migration; 0 before the first one. */
  readonly version: number;
  /** Where the next migration goes on. */
  readonly cursor?: string | undefined;
  /** The run that may migrate, and the second until which no other may. */
  readonly lease?: { readonly by: string; readonly until: number } | undefined;
}

const SCHEMA = 'system/schema';

/**
 * Reads the schema of a database, and writes what `update` returns, in a transaction.
 *
 * @param update throws to refuse; undefined changes nothing
 * @returns the schema as read
 */
export function changeSchema(
  { open }: Pick<MigrationDeps, 'open'>,
  update: (stored: StoredSchema | undefined) => StoredSchema | undefined,
): Promise<StoredSchema | undefined> {
  return useFirestore('schema.change', open, ({ db, FieldValue }) =>
    db.runTransaction(async (tx) => {
      const ref = db.doc(SCHEMA);
      const stored = await readSchema(tx, ref);
      const { version, cursor, lease } = update(stored) ?? {};
      if (version !== undefined) {
        tx.set(ref, {
          version,
          ...(cursor !== undefined && { cursor }),
          ...(lease !== undefined && { lease: { by: lease.by, until: new Date(lease.until * 1000) } }),
          updated: FieldValue.serverTimestamp(),
        });
      }
      return stored;
    }),
  );
}

async function readSchema(tx: Transaction, ref: DocumentReference): Promise<StoredSchema | undefined> {
  const fields = (await tx.get(ref)).data();
  if (fields === undefined) return undefined;
  const { version, cursor, lease } = fields;
  if (!Number.isSafeInteger(version)) throw new Error(`${SCHEMA} is damaged: version is not a whole number`);
  return {
    version,
    cursor,
    // `changeSchema` wrote it.
    lease: lease && { by: lease.by, until: (lease.until as Timestamp).seconds },
  };
}

/**
 * Compares the data with the code. A database without users has the schema of the code, which is stored then.
 *
 * @returns `behind` when migrations are missing, `ahead` when a newer version of the code has migrated
 */
export async function compareSchema(
  deps: Pick<MigrationDeps, 'open'>,
): Promise<'current' | 'behind' | 'ahead'> {
  const known = MIGRATIONS.length;
  const [version, isEmpty] = await useFirestore('schema.read', deps.open, async ({ db }) => {
    const schema = await db.doc(SCHEMA).get();
    if (schema.exists) return [schema.get('version'), false];
    return [0, (await db.collection(DIRECTORY).limit(1).get()).empty];
  });
  if (isEmpty) await changeSchema(deps, (stored) => (stored === undefined ? { version: known } : undefined));
  if (isEmpty || version === known) return 'current';
  return version > known ? 'ahead' : 'behind';
}
