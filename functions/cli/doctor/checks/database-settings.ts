import { relative } from 'node:path';
import { type Check, NotApplicable, type Subject } from '../check.ts';
import { finding } from '../findings.ts';
import { type DatabaseSettings, databaseSettings } from '../project-files.ts';

/** The file that has the rules or the indexes of the database. @throws NotApplicable where no firebase.json names one */
export function deployedFile({ files, installation }: Subject, what: keyof DatabaseSettings) {
  const path = databaseSettings(files, installation)?.[what];
  if (path === undefined)
    throw new NotApplicable(`no firebase.json names ${what} of ${installation.databaseId}`);
  // Each deployment of a clone writes that file, from this one (tools/lib/preflight/merge-indexes.ts).
  const source = path.replace(/\.gatehouse\/(firestore\.indexes\.json)$/, '$1');
  return { path: source, name: relative(files.root, source) };
}

export const databaseInFiles: Check = {
  name: 'database in firebase.json',
  reads: 'files',
  run({ files, installation }) {
    const { databaseId, kind } = installation;
    const { firestore } = files.firebaseJson;
    if (kind !== 'clone') throw new NotApplicable('not a clone');
    if (firestore.some(({ target }) => target !== undefined)) {
      throw new NotApplicable('firebase.json names databases by deploy targets');
    }
    if (databaseSettings(files, installation)) return [];
    const names = firestore.map(({ database = '(default)' }) => database).join(', ') || 'no database';
    return [
      finding(
        'database-unlisted',
        `DATABASE_ID is ${databaseId}, but firestore in firebase.json has ${names}: rules and indexes of ${databaseId} are not deployed`,
        `Set firestore.database in firebase.json to ${databaseId}.`,
      ),
    ];
  },
};

export const oneDatabase: Check = {
  name: 'one database',
  reads: 'files',
  run({ files: { installations } }) {
    if (new Set(installations.map(({ databaseId }) => databaseId)).size < 2) return [];
    const uses = installations.map(({ kind, codebase, databaseId }) => `${kind} ${codebase} ${databaseId}`);
    const what = `the databases differ (${uses.join(', ')}), but the custom claims of a user are one: whoever is owner in one is owner in the other`;
    return [finding('several-databases', what, 'Remove all installations but one.')];
  },
};
