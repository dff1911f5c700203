import assert from 'node:assert/strict';
import { ORIGINS } from '../../../functions/cli/project/origins.ts';
import { PARTS } from '../../lib/preflight/items.ts';
import { readLive } from '../../lib/preflight/live.ts';
import { type StandIn, startGoogle } from '../stand-in/google.ts';
import type { Project } from '../stand-in/project.ts';
import { addFunction, busyProject, freshProject, PROJECT } from '../stand-in/scenarios.ts';
import { wanted } from './states.ts';

describe('the state of a project', () => {
  const before = { ...process.env };
  let google: StandIn;

  afterEach(async () => {
    process.env = { ...before };
    await google.close();
  });

  async function read(project: Project, files: Partial<typeof wanted> = {}) {
    google = await startGoogle(project);
    for (const [variable, origin] of Object.values(ORIGINS))
      process.env[variable] = `${google.url}/${new URL(origin).host}`;
    const access = { projectId: PROJECT, accessToken: async () => 'token' };
    return readLive(access, { ...wanted, projectId: PROJECT, ...files }, PARTS);
  }

  it('has what others made', async () => {
    const live = await read(busyProject(), { site: PROJECT });
    assert.deepEqual(live.functions.map(({ name, codebase }) => `${codebase}:${name}`).toSorted(), [
      'billing:charge',
      'default:api',
      'default:nightly',
      'default:orders',
    ]);
    assert.match(live.rules?.source ?? '', /match \/orders/);
    assert.deepEqual([live.indexes.length, live.fields.length, live.collections], [1, 2, []]);
    assert.equal(live.site?.isDefault, true);
    assert.equal(live.identity?.emailPassword, true);
  });

  it('is empty where APIs are not enabled, which would refuse to be read', async () => {
    const project = freshProject();
    for (const api of [
      'cloudfunctions',
      'firestore',
      'firebaserules',
      'identitytoolkit',
      'artifactregistry',
    ]) {
      project.set('serviceusage', `services/${api}.googleapis.com`, { state: 'DISABLED' });
    }
    const { disabledApis, database, functions, rules } = await read(project);
    assert.deepEqual(disabledApis.toSorted(), [
      'artifactregistry',
      'cloudfunctions',
      'firebaserules',
      'firestore',
      'identitytoolkit',
    ]);
    assert.deepEqual([database, functions, rules], [undefined, [], undefined]);
  });

  it('has our collection groups with documents, later only those where TTL is new', async () => {
    const project = busyProject();
    project.set('cloudresourcemanager', 'policy', { bindings: [] });
    const documents = 'databases/(default)/documents';
    for (const name of ['directory/ada', 'orders/o1/notes/n1', 'users/ada/accessChanges/a1']) {
      project.set('firestore', `${documents}/${name}`, {});
    }
    const readCollections = async () => {
      const { collections } = await read(project);
      await google.close();
      return collections?.toSorted();
    };
    assert.deepEqual(await readCollections(), ['accessChanges', 'directory', 'notes']);
    addFunction(project, 'listUsers', { codebase: 'gatehouse' });
    assert.deepEqual(await readCollections(), ['accessChanges']);
    project.denied.add('datastore.entities.list');
    assert.equal(await readCollections(), undefined);
    const ttl = 'databases/(default)/collectionGroups/accessChanges/fields/expireAt';
    project.set('firestore', ttl, { ttlConfig: { state: 'ACTIVE' } });
    assert.deepEqual(await readCollections(), []);
  });

  it('names the permissions that the deployer lacks', async () => {
    const project = freshProject();
    project.denied.add('cloudfunctions.functions.create');
    assert.deepEqual((await read(project)).missingPermissions, ['cloudfunctions.functions.create']);
  });

  it('is not known when Google does not answer: nothing is deployed then', async () => {
    const project = freshProject();
    project.resources.delete(project.key('serviceusage', 'services/cloudfunctions.googleapis.com'));
    google = await startGoogle(project);
    await google.close();
    for (const [variable] of Object.values(ORIGINS)) process.env[variable] = google.url;
    const access = { projectId: PROJECT, accessToken: async () => 'token', deadlineMs: 500 };
    await assert.rejects(readLive(access, wanted, PARTS), /ECONNREFUSED/);
  });
});
