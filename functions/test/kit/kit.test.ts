import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startDocuments } from '../../../tools/lib/documents.ts';
import { ROOT } from '../../../tools/lib/emulator-setup.ts';
import type { Documents } from '../../../tools/lib/firestore-emulator.ts';
import { findFreePorts, HOST } from '../../../tools/lib/ports.ts';
import { ProcessGroup } from '../../../tools/lib/process-group.ts';
import { filesIn } from '../../../tools/test/stand-in/archive.ts';
import { startGoogle } from '../../../tools/test/stand-in/google.ts';
import {
  addFunction,
  changed,
  PROJECT as DEPLOYED,
  freshProject,
} from '../../../tools/test/stand-in/scenarios.ts';
import { codeBlocks } from '../helpers/docs.ts';
import { type FrameworkProcess, startFramework } from '../helpers/framework.ts';
import { type Adopter, makeAdopter } from './adopter.ts';
import { type PackedPackage, packPackage } from './pack.ts';
import { startRegistry } from './registry.ts';

const PROJECT = 'demo-shop';

/** The shell blocks of the guide that this file runs, in their order. */
const [INSTALL = '', START = '', ASK = '', DEPLOY = ''] = codeBlocks('docs/guides/function-kit.md')
  .filter(({ notRun }) => notRun?.startsWith('functions/test/kit runs it'))
  .map(({ code }) => code);

describe('the function kit, installed as its guide says', function () {
  this.timeout(240_000);

  let packed: PackedPackage;
  let registry: Awaited<ReturnType<typeof startRegistry>>;
  let adopter: Adopter;
  let ports: Record<'auth' | 'functions' | 'hosting' | 'hub' | 'logging' | 'firestore', number>;

  before(async () => {
    packed = packPackage();
    const [auth = 0, functions = 0, hosting = 0, hub = 0, logging = 0, firestore = 0] =
      await findFreePorts(6);
    ports = { auth, functions, hosting, hub, logging, firestore };
    const { firestore: _, ...emulators } = ports;
    adopter = await makeAdopter(PROJECT, emulators);
    const upstream = (await adopter.sh('npm config get registry')).trim();
    registry = await startRegistry(packed.manifest, packed.tarball, upstream);
    await adopter.sh(INSTALL, { npm_config_registry: registry.url, FIREBASE_TOKEN: 'of-a-test' });
  });

  after(() => {
    registry?.stop();
    adopter?.remove();
    packed?.remove();
  });

  const bin = 'function-kits/functions/source/node_modules/.bin/gatehouse';
  const source = (path: string) => join(adopter.folder, 'function-kits/functions/source', path);

  it('changes firebase.json and adds function-kits/, and nothing else', async () => {
    const status = await adopter.sh('git status --porcelain --untracked-files=normal');
    assert.deepEqual(status.trimEnd().split('\n'), [' M firebase.json', '?? function-kits/']);
  });

  it('adds one entry to firebase.json and keeps the others', async () => {
    const before = JSON.parse(await adopter.sh('git show HEAD:firebase.json'));
    const after = JSON.parse(readFileSync(join(adopter.folder, 'firebase.json'), 'utf8'));
    const [own, kit, ...more] = after.functions;
    assert.deepEqual(more, []);
    assert.equal(kit.sourcePackage.name, packed.manifest.name);
    assert.deepEqual({ ...after, functions: [own] }, before);
  });

  it('installs one firebase-functions, that of the wrapper', () => {
    assert.ok(existsSync(source('node_modules/firebase-functions')));
    assert.ok(!existsSync(source('node_modules/@gatehouse/functions/node_modules')));
  });

  describe('type declarations', () => {
    const compile = (options: string) =>
      adopter.sh(
        `cd function-kits/functions/source && npx tsc --ignoreConfig --noEmit --strict ${options} probe.ts`,
      );

    before(() =>
      writeFileSync(
        source('probe.ts'),
        `import { setGlobalOptions } from 'firebase-functions';
         import type { HttpsFunction } from 'firebase-functions/https';
         import { api, listUsers, onUserCreated } from '@gatehouse/functions';
         import { createGatehouse } from '@gatehouse/functions/library';
         setGlobalOptions({});
         export const own: HttpsFunction = api;
         export const others = [listUsers.run, onUserCreated.run];
         const { requireAccess } = createGatehouse({
           permissions: { 'orders:read': { summary: 'Read orders', privileged: false } },
           roles: { clerk: ['orders:read'], owner: 'all' },
           defaultRole: 'clerk',
         });
         export const middleware = requireAccess('orders:read');
         // @ts-expect-error There is no such permission.
         requireAccess('orders:raed');`,
      ),
    );

    it('compile with TypeScript 6 as the CLI sets it up, library declarations checked', () =>
      compile('--skipLibCheck false --target es2020 --module nodenext --moduleResolution nodenext'));

    it('are found by projects that still resolve modules as Node 10 did', () =>
      compile(
        '--skipLibCheck false --target es2020 --module commonjs --moduleResolution node10 --ignoreDeprecations 6.0',
      ));
  });

  it('has no mistake that the doctor of the package finds in the files', () =>
    adopter.sh(`${bin} doctor --offline`));

  describe('on Cloud Run, under the functions framework', () => {
    const processes: FrameworkProcess[] = [];

    after(() => Promise.all(processes.map((one) => one.stop())));

    for (const target of ['api', 'setUserRoles']) {
      it(`answers a broken body to ${target} with an error of its own`, async () => {
        const env = {
          ...{ FUNCTION_TARGET: target, K_SERVICE: `kit-functions-${target.toLowerCase()}` },
          ...{ K_CONFIGURATION: 'kit', FIREBASE_KIT_INSTANCE_ID: 'functions' },
        };
        const started = await startFramework(env, source('.'));
        processes.push(started);
        assert.ok(started.listened, started.output());
        const path = target === 'api' ? '/v1/users' : '/';
        const response = await fetch(`http://127.0.0.1:${started.port}${path}`, {
          method: 'POST',
          headers: { 'Content-Type': 'application/json', 'X-Forwarded-Proto': 'https' },
          body: '{',
        });
        assert.equal(response.status, 400, started.output());
        assert.match(response.headers.get('content-type') ?? '', /^application\/(problem\+)?json/);
        assert.match(await response.text(), /invalid_request/);
      });
    }
  });

  describe('in the emulators', () => {
    let documents: Documents;
    let emulators: ProcessGroup;
    let url: string;

    before(async () => {
      const logFile = join(ROOT, '.gatehouse/test-kit.log');
      documents = await startDocuments('embedded', { port: ports.firestore, projectId: PROJECT, logFile });
      emulators = new ProcessGroup(
        'the emulators',
        // The emulator of Firestore is a download and needs Java: the embedded one takes its place.
        ['bash', '-c', `cd '${adopter.folder}' && ${START.trimEnd()} --only auth,functions,hosting`],
        () => adopter.env({ FIRESTORE_EMULATOR_HOST: `${HOST}:${ports.firestore}` }),
      );
      const signs = { ready: 'All emulators ready!', broken: 'Failed to load function definition' };
      await emulators.untilReady(signs, { logFile });
      url = `http://${HOST}:${ports.functions}/${PROJECT}/us-central1`;
    });

    after(async () => {
      await emulators?.stop();
      await documents?.stop();
    });

    it('refuses an anonymous caller with 401, and says who a signed-in user is', async () => {
      const script = ASK.replaceAll(':5001/', `:${ports.functions}/`).replaceAll(':9099/', `:${ports.auth}/`);
      const output = await adopter.sh(script);
      const [status, access = ''] = output.trimEnd().split('\n');
      assert.equal(status, '401');
      const { kind, email, roles } = JSON.parse(access);
      assert.deepEqual({ kind, email, roles }, { kind: 'user', email: 'ada@example.com', roles: [] });
    });

    it('makes the first owner with the command of the package', async () => {
      const admin = { 'Content-Type': 'application/json', Authorization: 'Bearer owner' };
      const accounts = `http://${HOST}:${ports.auth}/identitytoolkit.googleapis.com/v1`;
      const post = async (address: string, body: object, headers: Record<string, string> = admin) => {
        const response = await fetch(address, { method: 'POST', headers, body: JSON.stringify(body) });
        const answer = await response.text();
        assert.ok(response.ok, `${address} ${response.status} ${answer}`);
        return JSON.parse(answer);
      };
      const user = { email: 'olga@example.com', password: 'correct horse', returnSecureToken: true };
      const { localId } = await post(`${accounts}/accounts:signUp?key=any`, user);
      await post(`${accounts}/projects/${PROJECT}/accounts:update`, { localId, emailVerified: true });
      const signIn = async () => {
        const { idToken } = await post(`${accounts}/accounts:signInWithPassword?key=any`, user);
        return { 'Content-Type': 'application/json', Authorization: `Bearer ${idToken}` };
      };

      const output = await adopter.sh(`${bin} claim-owner --project ${PROJECT}`, {
        FIRESTORE_EMULATOR_HOST: `${HOST}:${ports.firestore}`,
        FIREBASE_AUTH_EMULATOR_HOST: `${HOST}:${ports.auth}`,
      });
      assert.match(output, /database gatehouse/);
      const [, code = ''] = /#claim-owner=(\S+)/.exec(output) ?? [];
      const api = `${url}/kit-functions-api/v1`;
      await post(`${api}/claim-owner`, { code }, await signIn());
      const me = await fetch(`${api}/me`, { headers: await signIn() });
      assert.match(await me.text(), /"roles":\["owner"\]/);
    });

    it('has its functions under names with the instance', async () => {
      const callable = (name: string) => fetch(`${url}/${name}`, { method: 'POST', body: '{}' });
      assert.equal((await callable('getMyAccess')).status, 404);
      assert.notEqual((await callable('kit-functions-getMyAccess')).status, 404);
    });

    it('answers a body that cannot be parsed with a problem, whatever the function is called', async () => {
      const headers = { 'Content-Type': 'application/json' };
      const response = await fetch(`${url}/kit-functions-api/v1/users`, {
        method: 'POST',
        headers,
        body: '{',
      });
      assert.match(response.headers.get('content-type') ?? '', /^application\/problem\+json/);
    });

    it('leaves the adopter’s function and rewrite as they were', async () => {
      for (const address of [`${url}/orders`, `http://${HOST}:${ports.hosting}/api/orders`]) {
        assert.equal(await (await fetch(address)).text(), 'orders of the shop', address);
      }
    });

    it('leaves the working copy as it was after the installation', async () => {
      const status = await adopter.sh('git status --porcelain --untracked-files=normal');
      assert.deepEqual(status.trimEnd().split('\n'), [' M firebase.json', '?? function-kits/']);
    });
  });

  describe('deployed', () => {
    it('creates its database and functions, and touches nothing else', async () => {
      const project = freshProject();
      for (const name of ['api', 'listUsers', 'beforeUserCreated']) addFunction(project, name);
      project.set('firebaserules', 'releases/cloud.firestore', {
        rulesetName: `projects/${DEPLOYED}/rulesets/of-the-shop`,
        createTime: '2026-01-01T00:00:00Z',
      });
      const indexes = 'databases/(default)/collectionGroups/orders/indexes';
      project.set('firestore', `${indexes}/one`, { queryScope: 'COLLECTION', state: 'READY', fields: [] });
      const start = project.snapshot();
      const google = await startGoogle(project);
      // The kit's first deployment asks whether the functions for users may retry.
      const answered = DEPLOY.replaceAll('firebase deploy', 'firebase deploy --non-interactive --force');
      const setup = INSTALL.replaceAll(/^firebase .*$/gm, '').replace(PROJECT, DEPLOYED);
      try {
        await adopter.sh(`${setup}\n${answered}`, google.env);
      } finally {
        await google.close();
      }
      const created = google.calls.filter(
        ({ method, path }) => method === 'POST' && path.endsWith('/functions'),
      );
      const names = created.map(({ query }) => query.get('functionId') ?? '');
      assert.ok(names.includes('kit-functions-api') && names.length > 8);
      assert.deepEqual(
        names.filter((name) => !name.startsWith('kit-functions-')),
        [],
      );
      for (const { body } of created) {
        const { labels, buildConfig, serviceConfig } = body as Record<string, Record<string, unknown>>;
        assert.equal(labels?.['firebase-functions-codebase'], 'functions');
        assert.doesNotMatch(String(buildConfig?.entryPoint), /^kit-/);
        const variables = serviceConfig?.environmentVariables as Record<string, string>;
        assert.deepEqual(
          [variables.DATABASE_ID, variables.FIREBASE_KIT_INSTANCE_ID],
          ['gatehouse', 'functions'],
        );
      }
      const documents = google.calls.filter(
        ({ host, method }) => host.startsWith('firestore.') && method !== 'GET',
      );
      assert.ok(documents.length > 5);
      for (const { path, query } of documents)
        assert.ok(/\/databases\/gatehouse\//.test(path) || query.get('databaseId') === 'gatehouse', path);
      const released = google.calls.filter(
        ({ method, path }) => method !== 'GET' && path.includes('/releases'),
      );
      assert.ok(released.length > 0);
      for (const { path, body } of released)
        assert.match(`${path} ${JSON.stringify(body)}`, /cloud\.firestore\/gatehouse/);

      const [upload = assert.fail()] = google.calls.filter(({ host }) => host === 'storage.googleapis.com');
      const files = filesIn(upload.bytes);
      assert.ok(files.includes('lib/index.js') && files.includes('package-lock.json'));
      assert.deepEqual(
        files.filter((file) => /node_modules|\.env/.test(file)),
        [],
      );
      assert.deepEqual(changed(start, project), []);
    });
  });
});
