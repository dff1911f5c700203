import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import ours from '../../../firestore.indexes.json' with { type: 'json' };
import { readProjectFiles } from '../../cli/doctor/project-files.ts';
import { runChecks } from '../../cli/doctor/run-checks.ts';
import { REPOSITORY } from './docs.ts';
import { type Answers, openGoogleApis } from './google-apis.ts';

/** A healthy project for `gatehouse doctor`: its files by path, and what Google's APIs answer about it. */
export interface HealthyProject {
  readonly files: Record<string, unknown>;
  readonly answers: Answers;
}

export const PROJECT = 'shop';
const IN_PROJECT = `/v1/projects/${PROJECT}`;
const APIS = [
  ...['cloudfunctions', 'cloudbuild', 'artifactregistry', 'run', 'eventarc', 'pubsub', 'cloudscheduler'],
  ...['firestore', 'identitytoolkit', 'secretmanager'],
];
const ACCOUNT = `gatehouse@${PROJECT}.iam.gserviceaccount.com`;

export const CALLS = {
  billing: `GET ${IN_PROJECT}/billingInfo`,
  api: (name: string) => `GET ${IN_PROJECT}/services/${name}.googleapis.com`,
  database: (id: string) => `GET ${IN_PROJECT}/databases/${id}`,
  indexes: (id: string) => `GET ${IN_PROJECT}/databases/${id}/collectionGroups/-/indexes`,
  fields: (id: string) =>
    `GET ${IN_PROJECT}/databases/${id}/collectionGroups/-/fields?filter=indexConfig.usesAncestorConfig=false OR ttlConfig:*`,
  owners: (id: string) => `POST ${IN_PROJECT}/databases/${id}/documents:runQuery`,
  accounts: `POST ${IN_PROJECT}/accounts:lookup`,
  releases: `GET ${IN_PROJECT}/releases`,
  ruleset: `GET ${IN_PROJECT}/rulesets/current`,
  functions: `GET /v2/projects/${PROJECT}/locations/-/functions?filter=environment="GEN_2"`,
  identity: `GET /admin/v2/projects/${PROJECT}/config`,
  policy: `POST ${IN_PROJECT}:getIamPolicy`,
  account: `GET ${IN_PROJECT}/serviceAccounts/${ACCOUNT}`,
  secret: (prefix = '') => `GET ${IN_PROJECT}/secrets/${prefix}MFA_ENCRYPTION_KEYS/versions/latest`,
  role: (name: string) => `GET /v1/roles/${name}`,
} as const;

const text = (path: string) => readFileSync(join(REPOSITORY, path), 'utf8');

/** A function of the codebase as Google lists it. */
export function functionOf(codebase: string, name: string, changes: object = {}) {
  return {
    name: `projects/${PROJECT}/locations/us-central1/functions/${name}`,
    state: 'ACTIVE',
    labels: { 'deployment-tool': 'cli-firebase', 'firebase-functions-codebase': codebase },
    serviceConfig: { uri: `https://${name.toLowerCase()}-x-uc.a.run.app`, serviceAccountEmail: ACCOUNT },
    ...changes,
  };
}

/** The REST form of a query's answer. */
export const ownerDocument = (uid: string) => ({
  document: {
    name: `projects/${PROJECT}/databases/(default)/documents/directory/${uid}`,
    fields: { disabled: { booleanValue: false }, email: { stringValue: 'ann@shop.test' } },
  },
});

function answersFor(databaseId: string, codebase: string, prefix: string): Answers {
  const groups = `projects/${PROJECT}/databases/${databaseId}/collectionGroups`;
  const release = databaseId === '(default)' ? 'cloud.firestore' : `cloud.firestore/${databaseId}`;
  return {
    'HEAD /': '',
    [CALLS.billing]: { billingEnabled: true },
    ...Object.fromEntries(APIS.map((api) => [CALLS.api(api), { state: 'ENABLED' }])),
    [CALLS.database(databaseId)]: { type: 'FIRESTORE_NATIVE', locationId: 'eur3' },
    [CALLS.indexes(databaseId)]: {
      indexes: ours.indexes.map(({ collectionGroup, queryScope, fields }, at) => ({
        name: `${groups}/${collectionGroup}/indexes/${at}`,
        queryScope,
        state: 'READY',
        fields: [...fields, { fieldPath: '__name__', order: 'ASCENDING' }],
      })),
    },
    [CALLS.fields(databaseId)]: {
      fields: ours.fieldOverrides.map(({ collectionGroup, fieldPath, ...one }) => ({
        name: `${groups}/${collectionGroup}/fields/${fieldPath}`,
        ...('ttl' in one && { ttlConfig: { state: 'ACTIVE' } }),
      })),
    },
    [CALLS.releases]: {
      releases: [
        {
          name: `projects/${PROJECT}/releases/${release}`,
          rulesetName: `projects/${PROJECT}/rulesets/current`,
        },
      ],
    },
    [CALLS.ruleset]: { source: { files: [{ content: text('firestore.rules') }] } },
    [`GET /v1/projects/${PROJECT}/locations/-/functions`]: {},
    [CALLS.functions]: {
      functions: [
        ...['api', 'listUsers', 'beforeUserCreated'].map((name) => functionOf(codebase, `${prefix}${name}`)),
        functionOf('mail', 'sendMail', { state: 'FAILED' }),
      ],
    },
    [CALLS.identity]: {
      subtype: 'IDENTITY_PLATFORM',
      blockingFunctions: {
        triggers: { beforeCreate: { functionUri: `https://${prefix}beforeusercreated-x-uc.a.run.app` } },
      },
    },
    [CALLS.policy]: {
      bindings: ['datastore.user', 'firebaseauth.admin'].map((role) => ({
        role: `roles/${role}`,
        members: [`serviceAccount:${ACCOUNT}`],
      })),
    },
    [CALLS.role('datastore.user')]: {
      includedPermissions: ['get', 'list', 'create', 'update'].map((verb) => `datastore.entities.${verb}`),
    },
    [CALLS.role('firebaseauth.admin')]: {
      includedPermissions: ['firebaseauth.users.get', 'firebaseauth.users.update'],
    },
    [CALLS.secret(prefix)]: { state: 'ENABLED' },
    [CALLS.account]: { email: ACCOUNT },
    [CALLS.owners(databaseId)]: [{ readTime: '2026-01-01T00:00:00Z' }, ownerDocument('ann')],
    [CALLS.accounts]: { users: [{ localId: 'ann', email: 'ann@shop.test', emailVerified: true }] },
  };
}

const CLI = { 'node_modules/firebase-tools/package.json': { version: '15.34.2' } };

/** A clone of this repository that is deployed to the default database. */
export const healthyClone = (): HealthyProject => ({
  files: {
    ...CLI,
    '.firebaserc': { projects: { default: 'demo-gatehouse', production: PROJECT } },
    'firebase.json': `// Comments are allowed, and links in texts: https://firebase.google.com
      { "functions": [{ "source": "functions", "codebase": "gatehouse", "runtime": "nodejs24" }],
        "firestore": { "rules": "firestore.rules", "indexes": "firestore.indexes.json" },
        "hosting": { "public": "https://web", "rewrites": [{ "source": "/api/**", "function": { "functionId": "api" } }] } }`,
    'firestore.rules': text('firestore.rules'),
    'firestore.indexes.json': text('firestore.indexes.json'),
    'functions/gatehouse.config.ts': text('functions/gatehouse.config.ts'),
    'functions/package.json': { dependencies: {}, engines: { node: '24' } },
    [`functions/.env.${PROJECT}`]: `REGION=us-central1\nIDENTITY_PLATFORM=true\nAPI_SERVICE_ACCOUNT=${ACCOUNT}\n`,
  },
  answers: answersFor('(default)', 'gatehouse', ''),
});

const KIT = 'function-kits/functions';

/** An app with rules that are open to its users, and the function kit as its guide installs it. */
export const healthyKit = (): HealthyProject => ({
  files: {
    ...CLI,
    'firebase.json': {
      functions: [
        { source: 'functions', codebase: 'default', runtime: 'nodejs20' },
        {
          kit: 'functions',
          sourcePackage: { name: '@gatehouse/functions' },
          source: `${KIT}/source`,
          instances: { functions: `${KIT}/config-functions` },
        },
      ],
      firestore: { rules: 'firestore.rules', indexes: 'firestore.indexes.json' },
      hosting: {
        rewrites: [
          { source: '/gatehouse/**', function: { functionId: 'kit-functions-api' } },
          { source: '**', destination: '/index.html' },
        ],
      },
    },
    'firestore.rules':
      'service cloud.firestore { match /{document=**} { allow read, write: if request.auth != null; } }',
    'firestore.indexes.json': { indexes: [] },
    'functions/package.json': { dependencies: { express: '5.0.0' } },
    [`${KIT}/source/package.json`]: {
      dependencies: { '@gatehouse/functions': '0.1.0' },
      engines: { node: '22' },
    },
    [`${KIT}/source/src/index.ts`]: "defineString('FUNCTION_DEFAULT_REGION');",
    [`${KIT}/config-functions/.env.${PROJECT}`]:
      'DATABASE_ID=gatehouse\nBASE_PATH=/gatehouse/v1\nFUNCTION_DEFAULT_REGION=europe-west1\n',
    [`${KIT}/firestore/firebase.json`]: {
      firestore: { database: 'gatehouse', rules: 'firestore.rules', indexes: 'firestore.indexes.json' },
    },
    [`${KIT}/firestore/firestore.rules`]: text('firestore.rules'),
    [`${KIT}/firestore/firestore.indexes.json`]: text('firestore.indexes.json'),
  },
  answers: answersFor('gatehouse', 'functions', 'kit-functions-'),
});

/** Gatehouse as a library in the functions of an app, with parameters of its own. */
export const healthyLibrary = (): HealthyProject => ({
  files: {
    ...CLI,
    'firebase.json': {
      functions: { source: 'functions', runtime: 'nodejs22' },
      firestore: { database: 'gatehouse', rules: 'gatehouse.rules', indexes: 'gatehouse.indexes.json' },
    },
    'gatehouse.rules': text('firestore.rules'),
    'gatehouse.indexes.json': text('firestore.indexes.json'),
    'functions/package.json': { dependencies: { '@gatehouse/functions': '^0.1.0' } },
    'functions/src/index.ts': 'process.env.SHOP_CURRENCY;',
    'functions/.env': 'DATABASE_ID=gatehouse\nSHOP_CURRENCY=EUR\nTZ=UTC\n',
  },
  answers: answersFor('gatehouse', 'default', ''),
});

/** Writes the files into a new folder. */
export function writeProject({ files }: HealthyProject): { root: string; remove(): void } {
  const root = mkdtempSync(join(tmpdir(), 'gatehouse-doctor-'));
  for (const [path, content] of Object.entries(files)) {
    if (content === undefined) continue;
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return { root, remove: () => rmSync(root, { recursive: true }) };
}

/** The report of `gatehouse doctor` on such a project. */
export async function examine(
  project: HealthyProject,
  { now = Date.now, folder = '', deadlineMs = 10_000 } = {},
) {
  const { root, remove } = writeProject(project);
  const google = await openGoogleApis(PROJECT, project.answers);
  try {
    const files = readProjectFiles(`${root}/${folder}`, PROJECT);
    return await runChecks(files, { ...google.access, deadlineMs }, now);
  } finally {
    await google.close();
    remove();
  }
}

/** Changes a file. */
export const edit = (path: string, change: (text: string) => string) => (project: HealthyProject) => {
  const before = String(project.files[path] ?? '');
  project.files[path] = change(before);
  assert.notEqual(project.files[path], before);
};
/** Changes what an API answers. */
export const answer = (call: string, value: unknown) => (project: HealthyProject) => {
  assert.ok(Object.hasOwn(project.answers, call), call);
  project.answers[call] = value;
};

/** Rules that let every signed-in user read everything. */
export function openRules(text: string): string {
  return text.replace('// Everything else.', 'match /{document=**} { allow read: if signedIn(); }');
}
