import { isBillingEnabled } from '../../project/billing.ts';
import { isApiEnabled } from '../../project/services.ts';
import { type Check, type LiveSubject, NotApplicable } from '../check.ts';
import { finding } from '../findings.ts';

export const billing: Check = {
  name: 'Blaze plan',
  reads: 'project',
  async run({ live: { access } }) {
    if (await isBillingEnabled(access)) return [];
    const url = `https://console.firebase.google.com/project/${access.projectId}/usage/details`;
    return [
      finding(
        'billing-disabled',
        `${access.projectId} is not on the Blaze plan, which functions need`,
        `Upgrade it: ${url}`,
      ),
    ];
  },
};

/** Those that the Firebase CLI enables for functions like ours, and those that ours call. */
const APIS = [
  ...['cloudfunctions', 'cloudbuild', 'artifactregistry', 'run', 'eventarc', 'pubsub', 'cloudscheduler'],
  ...['firestore', 'identitytoolkit', 'secretmanager'],
].map((name) => `${name}.googleapis.com`);

export const apis: Check = {
  name: 'APIs',
  reads: 'project',
  async run({ live: { access } }) {
    const enabled = await Promise.all(APIS.map((api) => isApiEnabled(access, api)));
    const disabled = APIS.filter((_, at) => !enabled[at]);
    if (disabled.length === 0) return [];
    const command = `gcloud services enable ${disabled.join(' ')} --project ${access.projectId}`;
    return [finding('api-disabled', `these APIs are disabled: ${disabled.join(', ')}`, command)];
  },
};

export const database: Check = {
  name: 'Firestore database',
  reads: 'project',
  async run({ live: { access, database }, installation: { databaseId } }) {
    const found = await database(databaseId);
    if (found && found.type !== 'DATASTORE_MODE') return [];
    const what = found ? 'is in Datastore mode, in which Gatehouse does not work' : 'does not exist';
    const command = `firebase firestore:databases:create '${databaseId}' --location <location> --project ${access.projectId}`;
    const fix = found ? 'Set DATABASE_ID to another database, in native mode.' : command;
    return [finding('database-missing', `the database ${databaseId} ${what}`, fix)];
  },
};

/** @returns the id of the database. @throws NotApplicable if it does not exist, which is a finding of its own */
export async function existingDatabase({ live, installation: { databaseId } }: LiveSubject): Promise<string> {
  if (await live.database(databaseId)) return databaseId;
  throw new NotApplicable(`the database ${databaseId} does not exist`);
}
