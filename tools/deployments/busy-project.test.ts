import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Clone, makeClone } from '../test/stand-in/clone.ts';
import { type StandIn, startGoogle } from '../test/stand-in/google.ts';
import type { Project } from '../test/stand-in/project.ts';
import {
  addFunction,
  busyProject,
  changed,
  OPEN_RULES,
  OWN_RULES,
  PROJECT,
  release,
} from '../test/stand-in/scenarios.ts';

const DEPLOY = ['node', 'tools/bootstrap.mjs', 'deploy', '--project', PROJECT];
const FIREBASE = ['firebase', 'deploy', '--project', PROJECT, '--force'];

/** Each test deploys with the real Firebase CLI. */
describe('a deployment to a project full of things of others', function () {
  this.timeout(240_000);

  let clone: Clone;
  let project: Project;
  let google: StandIn;
  let before: ReturnType<Project['snapshot']>;

  beforeEach(async () => {
    clone = makeClone(PROJECT);
    project = busyProject();
    google = await startGoogle(project);
    before = project.snapshot();
  });

  afterEach(async () => {
    clone.remove();
    await google.close();
  });

  const run = (command: readonly string[], ...args: string[]) => {
    before = project.snapshot();
    const [program = '', ...rest] = command;
    return clone.run(google, program, ...rest, ...args);
  };
  const writes = () =>
    google.calls
      .filter(({ method, path }) => method !== 'GET' && !/:\w+$|oauth2/.test(path))
      .map(({ path }) => path);
  const codebaseOf = (name: string) => {
    const { labels } = project.get('cloudfunctions', `locations/us-central1/functions/${name}`) ?? {};
    return (labels as Record<string, string> | undefined)?.['firebase-functions-codebase']; // as the CLI sets it
  };
  it('adds what is ours and changes nothing else', async () => {
    const { code, output } = await run(DEPLOY);
    assert.equal(code, 0, output);
    assert.deepEqual(changed(before, project), []);
    assert.equal(codebaseOf('api'), 'gatehouse');
    assert.match(output, /leave +Firestore rules: they are not ours/);
    assert.match(output, /leave +Hosting: the page is off/);
    assert.match(output, /leave +3 indexes and field settings: they are not ours/);
    assert.deepEqual(google.unknown, []);
  });

  it('deletes no index and no TTL policy, even with firebase deploy --force', async () => {
    release(project, OWN_RULES);
    const groups = 'databases/(default)/collectionGroups';
    project.set('firestore', `${groups}/products/indexes/similar`, {
      queryScope: 'COLLECTION_GROUP',
      fields: [
        { fieldPath: 'shop', order: 'ASCENDING' },
        { fieldPath: '__name__', order: 'ASCENDING' },
        { fieldPath: 'embedding', vectorConfig: { dimension: 768, flat: {} } },
      ],
    });
    project.set('firestore', `${groups}/jobs/indexes/datastore`, {
      ...{ queryScope: 'COLLECTION', apiScope: 'DATASTORE_MODE_API', density: 'SPARSE_ALL' },
      fields: [
        { fieldPath: 'queue', order: 'ASCENDING' },
        { fieldPath: '__name__', order: 'ASCENDING' },
      ],
    });
    const { code, output } = await run(FIREBASE, '--only', 'firestore');
    assert.equal(code, 0, output);
    assert.deepEqual(changed(before, project), []);
    assert.deepEqual(
      writes().filter((path) => /products|jobs/.test(path)),
      [],
    );
    assert.ok(project.get('firestore', 'databases/(default)/collectionGroups/auditEvents/fields/expireAt'));
  });

  it('creates no TTL policy over documents of others, even with firebase deploy --force', async () => {
    release(project, OWN_RULES);
    addFunction(project, 'listUsers', { codebase: 'gatehouse' }); // deployed before there were sessions
    const database = 'databases/(default)';
    for (const name of ['accessChanges', 'auditEvents']) {
      project.set('firestore', `${database}/documents/${name}/1`, {});
      const field = `${database}/collectionGroups/${name}/fields/expireAt`;
      project.set('firestore', field, { indexConfig: { indexes: [] }, ttlConfig: { state: 'ACTIVE' } });
    }
    project.set('firestore', `${database}/documents/users/ada/sessions/s1`, {});

    const plain = await run(FIREBASE, '--only', 'firestore');
    assert.equal(plain.code, 1, plain.output);
    assert.match(plain.output, /GATEHOUSE_ACCEPT=ttl:sessions\n/);
    assert.match(plain.output, /create +TTL policy of field sessions\.expireAt: collections sessions hold/);
    const ours = await run(DEPLOY, '--only', 'firestore');
    assert.match(ours.output, /add: --accept ttl:sessions\n/);
    assert.deepEqual(writes(), []);

    const accepted = await run(DEPLOY, '--only', 'firestore', '--accept', 'ttl:sessions');
    assert.equal(accepted.code, 0, accepted.output);
    assert.deepEqual(changed(before, project), []);
    assert.ok(project.get('firestore', `${database}/collectionGroups/sessions/fields/expireAt`));
  });

  it('does not replace the website by our page, even with firebase deploy --force', async () => {
    clone.applySite(PROJECT);
    release(project, OWN_RULES);
    const { code, output } = await run(FIREBASE, '--only', 'hosting');
    assert.equal(code, 1, output);
    assert.match(output, /replace +Hosting site shop-1234: the website of the project would be our page/);
    assert.deepEqual(writes(), []);
  });

  it('does not overwrite a function of another codebase, even with firebase deploy --force', async () => {
    addFunction(project, 'api');
    addFunction(project, 'listUsers', { codebase: 'billing' });
    const { code, output } = await run(FIREBASE, '--only', 'functions');
    assert.equal(code, 1, output);
    assert.match(output, /GATEHOUSE_ACCEPT=function:api,function:listUsers\n/);
    assert.match(output, /replace +function listUsers \(us-central1\): of codebase billing: set "prefix"/);
    assert.deepEqual(writes(), []);
  });

  it('overwrites a function that is accepted by its key, and no other', async () => {
    addFunction(project, 'api');
    const { code, output } = await run(DEPLOY, '--accept', 'function:api');
    assert.equal(code, 0, output);
    assert.deepEqual(changed(before, project), [
      project.key('cloudfunctions', 'locations/us-central1/functions/api'),
    ]);
  });

  it('keeps the names of functions apart with a prefix', async () => {
    addFunction(project, 'api');
    clone.edit(
      'firebase.json',
      (json: { functions: { prefix?: string }[]; hosting: { rewrites: { function: object }[] } }) => {
        for (const entry of json.functions) entry.prefix = 'gatehouse';
        for (const rewrite of json.hosting.rewrites) rewrite.function = { functionId: 'gatehouse-api' };
      },
    );
    clone.applySite('shop-console');
    project.set('firebasehosting', 'sites/shop-console', { type: 'USER_SITE' });
    const { code, output } = await run(DEPLOY);
    assert.equal(code, 0, output);
    assert.deepEqual(changed(before, project), []);
    assert.equal(codebaseOf('gatehouse-api'), 'gatehouse');
    const [, version] =
      [...project.resources].find(([name]) => /sites\/shop-console\/versions\//.test(name)) ?? [];
    assert.match(JSON.stringify(version), /"serviceId":"gatehouse-api"/);
  });

  it('deploys no function while clients can reach the collections', async () => {
    release(project, OPEN_RULES);
    const { code, output } = await run(FIREBASE, '--only', 'functions');
    assert.equal(code, 1, output);
    assert.match(
      output,
      /refuse +Firestore rules, as released: clients may reach directory, .* by line 5: allow read, write/,
    );
    assert.deepEqual(writes(), []);
  });

  it('replaces open rules only if accepted, and before it deploys functions', async () => {
    release(project, OPEN_RULES);
    const first = await run(DEPLOY);
    assert.equal(first.code, 1, first.output);
    assert.match(
      first.output,
      /add: --accept rules\n +replace +Firestore rules: clients may reach directory/,
    );
    assert.deepEqual(writes(), []);

    const second = await run(DEPLOY, '--accept', 'rules');
    assert.equal(second.code, 0, second.output);
    assert.deepEqual(changed(before, project), [project.key('firebaserules', 'releases/cloud.firestore')]);
    const order = writes().filter((path) => /releases|locations\/us-central1\/functions$/.test(path));
    assert.match(order[0] ?? '', /releases\/cloud\.firestore$/);
  });

  it('keeps rules of others with firebase deploy, too', async () => {
    const { code, output } = await run(FIREBASE, '--only', 'firestore');
    assert.equal(code, 1, output);
    assert.match(output, /replace +Firestore rules: replacing them closes \/orders\/\{\} to clients/);
    assert.deepEqual(writes(), []);
  });

  it('deploys nothing with a plain firebase deploy before a site is chosen', async () => {
    const { code, output } = await run(FIREBASE);
    assert.equal(code, 1, output);
    assert.match(output, /firebase target:apply hosting gatehouse/);
    assert.deepEqual(writes(), []);
  });

  it('refuses --force, which answers yes to everything', async () => {
    const { code, output } = await run(DEPLOY, '--force');
    assert.equal(code, 1);
    assert.match(output, /--accept <key>/);
    assert.deepEqual(google.calls, []);
  });

  it('refuses another firebase.json, and functions of another codebase', async () => {
    const other = await run(DEPLOY, '--config', 'other.json');
    assert.equal(other.code, 1);
    assert.match(other.output, /--config: only the firebase\.json of this repository/);
    const { code, output } = await run(DEPLOY, '--only', 'functions:billing');
    assert.equal(code, 1);
    assert.match(output, /--only functions:billing: the codebase here is gatehouse/);
    assert.deepEqual(writes(), []);
  });

  it('deploys no rules either when the functions do not build', async () => {
    clone.edit('functions/package.json', (json: { scripts: { build: string } }) => {
      json.scripts.build = 'echo "error TS2322" && exit 2';
    });
    const { code, output } = await run(DEPLOY, '--accept', 'rules');
    assert.equal(code, 2);
    assert.match(output, /error TS2322/);
    assert.deepEqual(writes(), []);
  });

  it('takes the project of firebase use', async () => {
    const store = join(clone.folder, '.config/configstore');
    mkdirSync(store, { recursive: true });
    const activeProjects = { [clone.folder]: PROJECT };
    writeFileSync(join(store, 'firebase-tools.json'), JSON.stringify({ activeProjects }));
    clone.env.XDG_CONFIG_HOME = join(clone.folder, '.config');
    const { code, output } = await run(DEPLOY.slice(0, 3), '--dry-run', '--only', 'firestore');
    assert.equal(code, 1, output);
    assert.match(output, /Project shop-1234/);
  });

  it('prints what it would do with --dry-run, and does nothing', async () => {
    writeFileSync(join(clone.folder, 'functions', `.env.${PROJECT}`), 'REGION=europe-west1\n', { flag: 'a' });
    const { code, output } = await run(DEPLOY, '--dry-run');
    assert.equal(code, 1, output);
    assert.match(output, /replace +function api \(europe-west1\): of codebase default/);
    assert.deepEqual(writes(), []);
  });
});
