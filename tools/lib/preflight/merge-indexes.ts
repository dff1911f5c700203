import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { ROOT } from '../emulator-setup.ts';
import type { Live } from './live.ts';
import { type Installation, planField } from './plan-indexes.ts';
import type { FieldSpec, IndexSpec, Wanted } from './wanted.ts';

const require = createRequire(`${ROOT}/package.json`);
interface FirestoreApi {
  listIndexes(project: string, database: string): Promise<object[]>;
  listFieldOverrides(project: string, database: string): Promise<object[]>;
  makeIndexSpec(indexes: object[], fields: object[]): { indexes: IndexSpec[]; fieldOverrides: FieldSpec[] };
}
const {
  FirestoreApi,
}: { FirestoreApi: new () => FirestoreApi } = require('firebase-tools/lib/firestore/api.js');

/** The file that firebase.json names. */
export const INDEXES_FILE = '.gatehouse/firestore.indexes.json';

/**
 * Writes the file that the Firebase CLI deploys: our indexes and field settings, and all that the project has. The CLI deletes
 * what is not in it, with `--force` without a question.
 */
export async function writeIndexes(
  { projectId, databaseId, indexes, fields }: Wanted,
  live: Live,
  installation: Installation,
): Promise<void> {
  const api = new FirestoreApi();
  const [liveIndexes, liveFields] = live.database
    ? await Promise.all([
        api.listIndexes(projectId, databaseId),
        api.listFieldOverrides(projectId, databaseId),
      ])
    : [[], []];
  const old = api.makeIndexSpec(liveIndexes, liveFields);
  const mine = fields.filter((spec) => planField(spec, live, installation).action !== 'leave');
  const kept = old.fieldOverrides.filter(
    (one) =>
      !mine.some(
        ({ collectionGroup, fieldPath }) =>
          collectionGroup === one.collectionGroup && fieldPath === one.fieldPath,
      ),
  );
  const file = join(ROOT, INDEXES_FILE);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(
    file,
    JSON.stringify({ indexes: [...indexes, ...old.indexes], fieldOverrides: [...mine, ...kept] }, null, 2),
  );
}
