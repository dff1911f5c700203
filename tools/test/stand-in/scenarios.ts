import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { ROOT } from '../../lib/emulator-setup.ts';
import { Project } from './project.ts';

export const PROJECT = 'shop-1234';

/** The APIs that a project on the Blaze plan with Firebase and functions has. The CLI waits 10 s for each that is not. */
const APIS = [
  ...['artifactregistry', 'cloudbilling', 'cloudbuild', 'cloudfunctions', 'cloudresourcemanager'],
  ...['cloudscheduler', 'compute', 'eventarc', 'firebase', 'firebaseextensions', 'firebasehosting'],
  ...[
    'firebaserules',
    'firestore',
    'iam',
    'identitytoolkit',
    'pubsub',
    'run',
    'secretmanager',
    'serviceusage',
  ],
  'storage',
];

/** A new project with Firestore, without anything deployed. */
export function freshProject(): Project {
  const project = new Project(PROJECT);
  for (const api of APIS) project.set('serviceusage', `services/${api}.googleapis.com`, { state: 'ENABLED' });
  project.set('firebasehosting', `sites/${PROJECT}`, {
    type: 'DEFAULT_SITE',
    defaultUrl: `https://${PROJECT}.web.app`,
  });
  project.set('firestore', 'databases/(default)', { locationId: 'eur3', type: 'FIRESTORE_NATIVE' });
  project.set('cloudresourcemanager', 'policy', {
    bindings: [{ role: 'roles/owner', members: ['user:ada@shop.test'] }],
  });
  setSecret(project, 'MFA_ENCRYPTION_KEYS', `k1:${Buffer.alloc(32, 1).toString('base64url')}`);
  return project;
}

/** Adds a version to a secret of the functions. */
export function setSecret(project: Project, name: string, value: string, id = '1'): void {
  const secret = `secrets/${name}`;
  const payload = { data: Buffer.from(value).toString('base64') };
  const version = { name: `projects/${project.number}/${secret}/versions/${id}`, state: 'ENABLED' };
  project.set('secretmanager', secret, { labels: { 'firebase-managed': 'functions' } });
  for (const alias of [id, 'latest']) {
    project.set('secretmanager', `${secret}/versions/${alias}`, version);
    project.set('secretmanager', `${secret}/versions/${alias}:access`, { ...version, payload });
  }
}

/** Rules of a shop that deny our collections, and open one of its own. */
export const SHOP_RULES = `rules_version = '2';
service cloud.firestore {
  match /databases/{database}/documents {
    match /orders/{id} {
      allow read, write: if request.auth != null;
    }
  }
}
`;

/** Rules as they are found often: every signed-in user reads and writes everything. */
export const OPEN_RULES = SHOP_RULES.replace('/orders/{id}', '/{document=**}');

/** The rules of this repository. */
export const OWN_RULES = readFileSync(join(ROOT, 'firestore.rules'), 'utf8');

/** Makes rules those in force. */
export function release(project: Project, source: string): void {
  project.set('firebaserules', 'rulesets/foreign', {
    source: { files: [{ name: 'firestore.rules', content: source }] },
    createTime: '2026-01-01T00:00:00Z',
  });
  project.set('firebaserules', 'releases/cloud.firestore', {
    rulesetName: `projects/${PROJECT}/rulesets/foreign`,
    createTime: '2026-01-01T00:00:00Z',
  });
}

/** A function that someone deployed with the Firebase CLI. */
export function addFunction(
  project: Project,
  name: string,
  { region = 'us-central1', codebase = 'default', labels = {} } = {},
) {
  const id = name.toLowerCase();
  project.set('cloudfunctions', `locations/${region}/functions/${name}`, {
    environment: 'GEN_2',
    state: 'ACTIVE',
    labels: {
      'deployment-tool': 'cli-firebase',
      ...(codebase !== 'default' && { 'firebase-functions-codebase': codebase }),
      ...labels,
    },
    buildConfig: { runtime: 'nodejs22', entryPoint: name },
    serviceConfig: {
      service: `projects/${PROJECT}/locations/${region}/services/${id}`,
      uri: `https://${id}-shop.a.run.app`,
      availableMemory: '256Mi',
      timeoutSeconds: 60,
      serviceAccountEmail: 'shop@shop-1234.iam.gserviceaccount.com',
    },
  });
}

/** A shop with functions, a website, rules, indexes and a TTL policy of its own, in production for years. */
export function busyProject(): Project {
  const project = freshProject();
  addFunction(project, 'orders');
  addFunction(project, 'charge', { codebase: 'billing' });
  addFunction(project, 'api', { region: 'europe-west1' });
  project.set('cloudfunctions', 'locations/us-central1/functions/nightly', {
    environment: 'GEN_1',
    status: 'ACTIVE',
    runtime: 'nodejs22',
    labels: { 'deployment-tool': 'cli-firebase', 'deployment-scheduled': 'true' },
  });
  project.set('cloudscheduler', 'locations/us-central1/jobs/firebase-schedule-nightly-us-central1', {
    schedule: 'every 24 hours',
  });
  project.set('artifactregistry', 'locations/us-central1/repositories/gcf-artifacts', {
    cleanupPolicies: { 'keep-10': { action: 'KEEP' } },
  });

  project.set('firebasehosting', `sites/${PROJECT}/versions/v1`, { status: 'FINALIZED', config: {} });
  project.set('firebasehosting', `sites/${PROJECT}/channels/live`, {
    release: { version: { name: `projects/${PROJECT}/sites/${PROJECT}/versions/v1`, config: {} } },
  });
  release(project, SHOP_RULES);
  project.set('firebaserules', 'releases/firebase.storage/shop-1234.firebasestorage.app', {
    rulesetName: `projects/${PROJECT}/rulesets/storage`,
    createTime: '2026-01-01T00:00:00Z',
  });

  const documents = 'databases/(default)/documents';
  for (const name of ['carts/c1', 'orders/o1']) project.set('firestore', `${documents}/${name}`, {});
  const groups = 'databases/(default)/collectionGroups';
  project.set('firestore', `${groups}/orders/indexes/o1`, {
    queryScope: 'COLLECTION',
    state: 'READY',
    fields: [
      { fieldPath: 'customer', order: 'ASCENDING' },
      { fieldPath: 'at', order: 'DESCENDING' },
      { fieldPath: '__name__', order: 'DESCENDING' },
    ],
  });
  project.set('firestore', `${groups}/carts/fields/expireAt`, {
    indexConfig: {},
    ttlConfig: { state: 'ACTIVE' },
  });
  project.set('firestore', `${groups}/orders/fields/note`, { indexConfig: { indexes: [] } });
  project.set('cloudresourcemanager', 'policy', {
    bindings: [
      { role: 'roles/owner', members: ['user:ada@shop.test'] },
      { role: 'roles/run.invoker', members: ['serviceAccount:shop@shop-1234.iam.gserviceaccount.com'] },
    ],
  });
  project.set('identitytoolkit', 'config', {
    subtype: 'IDENTITY_PLATFORM',
    signIn: { email: { enabled: true } },
  });
  project.set('firebase', 'webApps/1:1:web:shop', { appId: '1:1:web:shop', displayName: 'Shop' });
  return project;
}

/**
 * The resources of a project that a deployment has changed or deleted, with those of `mine` left out. The IAM policy counts
 * only if a binding is gone: the CLI adds those of Google's service agents.
 */
export function changed(before: ReturnType<Project['snapshot']>, project: Project): string[] {
  return [...before]
    .filter(([name, old]) => !isDeepStrictEqual(old, project.resources.get(name)))
    .filter(
      ([name]) => name !== project.key('cloudresourcemanager', 'policy') || !hasAllBindings(before, project),
    )
    .map(([name]) => name);
}

interface Binding {
  role: string;
  members: string[];
}

function hasAllBindings(before: ReturnType<Project['snapshot']>, project: Project): boolean {
  const bindings = (of: { bindings?: unknown } | undefined) => (of?.bindings ?? []) as Binding[]; // as set above
  const now = bindings(project.get('cloudresourcemanager', 'policy'));
  return bindings(before.get(project.key('cloudresourcemanager', 'policy'))).every(({ role, members }) =>
    members.every((member) => now.some((one) => one.role === role && one.members.includes(member))),
  );
}
