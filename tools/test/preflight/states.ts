import { PARTS } from '../../lib/preflight/items.ts';
import type { Live } from '../../lib/preflight/live.ts';
import { type PlanOptions, planDeployment } from '../../lib/preflight/plan.ts';
import type { Wanted } from '../../lib/preflight/wanted.ts';

export const OWN_RULES = `rules_version = '2';
service cloud.firestore {
  match /databases/{database}/documents {
    match /notes/{id} { allow read: if request.auth != null; }
    match /{document=**} { allow read, write: if false; }
  }
}`;

/** Our files, with two functions and one index. */
export const wanted: Wanted = {
  ...{
    projectId: 'shop',
    codebase: 'gatehouse',
    databaseId: '(default)',
    location: undefined,
    rules: OWN_RULES,
  },
  functions: [
    { name: 'api', region: 'us-central1', serviceAccount: undefined },
    { name: 'beforeUserCreated', region: 'us-central1', blocking: 'beforeCreate', serviceAccount: undefined },
  ],
  secrets: ['MFA_ENCRYPTION_KEYS'],
  indexes: [
    {
      collectionGroup: 'directory',
      fields: [
        { fieldPath: 'roles', arrayConfig: 'CONTAINS' },
        { fieldPath: 'email', order: 'ASCENDING' },
      ],
    },
  ],
  fields: [
    { collectionGroup: 'accessChanges', fieldPath: 'expireAt', ttl: true, indexes: [] },
    { collectionGroup: 'notes', fieldPath: 'body', indexes: [] },
  ],
  ...{
    site: undefined,
    target: 'gatehouse',
    callingSites: ['shop'],
    rewrites: ['api'],
    providers: ['emailPassword'],
  },
};

/** A project with a database and nothing else. */
export const empty: Live = {
  ...{ blaze: true, disabledApis: [], missingPermissions: [], unusableAccounts: [], poorAccounts: [] },
  ...{ functions: [], unreachable: [], rules: undefined, indexes: [], fields: [], collections: [] },
  database: { location: 'eur3', type: 'FIRESTORE_NATIVE', edition: 'STANDARD' },
  ...{ site: undefined, identity: undefined, uncleaned: [], missingSecrets: [] },
};

/** A function that is deployed. */
export function deployed(
  name: string,
  codebase: string | undefined,
  more: Partial<Live['functions'][number]> = {},
) {
  return {
    ...{ name, region: 'us-central1', generation: 2 as const, codebase, uri: `https://${name}.a.run.app` },
    ...{ serviceAccount: undefined, blocking: undefined, state: 'ACTIVE', environment: {}, secrets: [] },
    ...more,
  };
}

export const rulesWith = (block: string) => ({
  ...{ release: 'projects/shop/releases/cloud.firestore', ruleset: 'r', released: undefined },
  source: `service cloud.firestore { match /databases/{database}/documents { ${block} } }`,
});

/** The lines of a plan, `<action> <what>` with the key in brackets, without what is created or left without a question. */
export function plan(
  live: Partial<Live>,
  files: Partial<Wanted> = {},
  options: Partial<PlanOptions> & { accept?: string[] } = {},
): string[] {
  const { accept = [], ...more } = options;
  const items = planDeployment(
    { ...wanted, ...files },
    { ...empty, ...live },
    {
      ...{ parts: PARTS, explicit: [], isPartial: false, isInteractive: true },
      accepted: new Set(accept),
      ...more,
    },
  );
  return items
    .filter(({ action, key }) => key !== undefined || (action !== 'create' && action !== 'leave'))
    .map(({ action, what, key }) => `${action} ${what}${key ? ` [${key}]` : ''}`);
}
