import { type Check, NotApplicable } from '../check.ts';
import { finding } from '../findings.ts';
import type { ProjectFiles } from '../project-files.ts';

/** What firebase.json deploys to a database. @throws NotApplicable where it has nothing for it */
export function databaseSettings({ firebaseJson }: ProjectFiles, databaseId: string) {
  const found = firebaseJson.firestore.find(({ database = '(default)' }) => database === databaseId);
  if (!found) throw new NotApplicable(`firebase.json has nothing for the database ${databaseId}`);
  return found;
}

export const databaseInFiles: Check = {
  name: 'database in firebase.json',
  reads: 'files',
  run({ files, installation: { databaseId } }) {
    const { firestore } = files.firebaseJson;
    if (firestore.some(({ target }) => target !== undefined)) {
      throw new NotApplicable('firebase.json names databases by deploy targets');
    }
    const names = firestore.map(({ database = '(default)' }) => database);
    if (names.includes(databaseId)) return [];
    return [
      finding(
        'database-unlisted',
        `DATABASE_ID is ${databaseId}, but firestore in firebase.json has ${names.join(', ') || 'no database'}: rules and indexes of ${databaseId} are not deployed`,
        `Add { "database": "${databaseId}", "rules": …, "indexes": … } to firestore in firebase.json.`,
      ),
    ];
  },
};
