import assert from 'node:assert/strict';
import { filesIn } from '../../../tools/test/stand-in/archive.ts';
import { type StandIn, startGoogle } from '../../../tools/test/stand-in/google.ts';
import type { Project } from '../../../tools/test/stand-in/project.ts';
import {
  addFunction,
  changed,
  PROJECT as DEPLOYED,
  freshProject,
  setSecret,
} from '../../../tools/test/stand-in/scenarios.ts';
import { type Adopter, copyOf } from './adopter.ts';
import { GUIDE, installedKit, PROJECT } from './installed-kit.ts';

/** A project with functions of the names that the kit's have without their prefix, with rules and an index. */
function shop(): Project {
  const project = freshProject();
  setSecret(project, 'kit-functions-MFA_ENCRYPTION_KEYS', `k1:${Buffer.alloc(32, 1).toString('base64url')}`);
  for (const name of ['api', 'listUsers', 'beforeUserCreated']) addFunction(project, name);
  project.set('firebaserules', 'releases/cloud.firestore', {
    rulesetName: `projects/${DEPLOYED}/rulesets/of-the-shop`,
    createTime: '2026-01-01T00:00:00Z',
  });
  project.set('identitytoolkit', 'config', { subtype: 'IDENTITY_PLATFORM' });
  const indexes = 'databases/(default)/collectionGroups/orders/indexes';
  project.set('firestore', `${indexes}/one`, { queryScope: 'COLLECTION', state: 'READY', fields: [] });
  return project;
}

/** The first deployment asks whether the functions for users may retry, and the removal whether it is meant. */
const answered = (commands: string) =>
  commands.replaceAll(/^firebase [\w:]+/gm, '$& --non-interactive --force');

describe('the function kit, deployed as its guide says', function () {
  this.timeout(300_000);

  let adopter: Adopter;
  let google: StandIn;
  let atFirst: ReturnType<Project['snapshot']>;

  before(async () => {
    adopter = copyOf((await installedKit()).adopter);
    const project = shop();
    atFirst = project.snapshot();
    google = await startGoogle(project);
    const setup = GUIDE.install.replaceAll(/^firebase .*$/gm, '').replace(PROJECT, DEPLOYED);
    const identityPlatform = `sed -i s/IDENTITY_PLATFORM=false/IDENTITY_PLATFORM=true/ function-kits/functions/config-functions/.env.${DEPLOYED}`;
    await adopter.sh([setup, identityPlatform, answered(GUIDE.deploy)].join('\n'), google.env);
  });

  after(async () => {
    adopter?.remove();
    await google?.close();
  });

  const changes = (host: string, path: RegExp) =>
    google.calls.filter(
      (call) => call.method !== 'GET' && call.host === `${host}.googleapis.com` && path.test(call.path),
    );

  it('creates functions with the prefix of the instance, in a codebase of their own', () => {
    const created = changes('cloudfunctions', /\/functions$/);
    const names = created.map(({ query }) => query.get('functionId') ?? '');
    assert.ok(names.includes('kit-functions-api') && names.length > 8);
    for (const name of names) assert.match(name, /^kit-functions-\w+$/);
    for (const { body } of created) {
      const { labels, buildConfig, serviceConfig } = body as Record<string, Record<string, unknown>>;
      assert.equal(labels?.['firebase-functions-codebase'], 'functions');
      assert.doesNotMatch(String(buildConfig?.entryPoint), /^kit-/);
      const variables = serviceConfig?.environmentVariables as Record<string, string> | undefined;
      assert.equal(variables?.DATABASE_ID, 'gatehouse');
      assert.equal(variables.FIREBASE_KIT_INSTANCE_ID, 'functions');
    }
  });

  it('registers its blocking functions and its schedule under these names', () => {
    const [{ body: job } = assert.fail()] = changes('cloudscheduler', /\/jobs$/);
    assert.match(JSON.stringify(job), /kit-functions-reconcileAccess/);
    const registered = JSON.stringify(changes('identitytoolkit', /\/config$/).map(({ body }) => body));
    for (const name of ['beforeUserCreated', 'beforeUserSignedIn'])
      assert.ok(registered.includes(`/kit-functions-${name}"`), registered);
  });

  it('creates indexes, TTL policies and closed rules in the database gatehouse only', () => {
    const documents = changes('firestore', /./);
    assert.ok(documents.length > 5);
    for (const { path, query } of documents)
      assert.ok(/\/databases\/gatehouse\//.test(path) || query.get('databaseId') === 'gatehouse', path);
    const released = changes('firebaserules', /\/releases/);
    assert.ok(released.length > 0);
    for (const { path, body } of released)
      assert.match(`${path} ${JSON.stringify(body)}`, /cloud\.firestore\/gatehouse/);
  });

  it('uploads the wrapper: no parameter file and no installed package', () => {
    const [upload = assert.fail()] = google.calls.filter(({ host }) => host === 'storage.googleapis.com');
    const files = filesIn(upload.bytes);
    assert.ok(files.includes('lib/index.js') && files.includes('package-lock.json'));
    assert.deepEqual(
      files.filter((file) => /node_modules|\.env/.test(file)),
      [],
    );
  });

  it('changes nothing that was there, besides registering its blocking functions', () =>
    assert.deepEqual(changed(atFirst, google.project), [google.project.key('identitytoolkit', 'config')]));

  it('is removed by one command, which leaves the project and the working copy as they were', async () => {
    // The project of the emulators is none that functions could be deleted in.
    await adopter.sh(`rm function-kits/functions/config-functions/.env.${PROJECT}`);
    await adopter.sh(answered(GUIDE.remove), google.env);
    assert.equal(await adopter.sh('git status --porcelain'), '');
    const others = changed(atFirst, google.project).filter((name) => !name.includes('identitytoolkit'));
    assert.deepEqual(others, []);
    assert.doesNotMatch(JSON.stringify(google.project.get('identitytoolkit', 'config')), /kit-functions/i);
    const left = [...google.project.resources.keys()].filter((name) => /functions\/kit-/.test(name));
    assert.deepEqual(left, []);
  });
});
