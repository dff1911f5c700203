import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { startDocuments } from '../../../tools/lib/documents.ts';
import { quietEnv, ROOT } from '../../../tools/lib/emulator-setup.ts';
import type { Documents } from '../../../tools/lib/firestore-emulator.ts';
import { findFreePorts, HOST } from '../../../tools/lib/ports.ts';
import { ProcessGroup } from '../../../tools/lib/process-group.ts';
import { startGoogle } from '../../../tools/test/stand-in/google.ts';
import {
  addFunction,
  changed,
  PROJECT as DEPLOYED,
  freshProject,
} from '../../../tools/test/stand-in/scenarios.ts';
import { type FrameworkProcess, startFramework } from '../helpers/framework.ts';
import { runScript } from '../helpers/shell.ts';
import { type PackedPackage, packPackage } from '../kit/pack.ts';
import { startRegistry } from '../kit/registry.ts';
import { COMMANDS, EXAMPLE, FILES, followGuide, writeProject } from './guided-project.ts';

const PROJECT = 'demo-shop';
const BUILD = 'npm --prefix functions run build';
const [INSTALL = '', START = '', MEMBER = '', EDITOR = '', REVOKED = '', DEPLOY = ''] = COMMANDS;
const json = (path: string) => JSON.parse(readFileSync(path, 'utf8'));
const read = (path: string) => (path.endsWith('.json') ? json(path) : readFileSync(path, 'utf8'));

describe('an existing project, protected as the guide says', function () {
  // From nothing to the protected route in less than five minutes.
  this.timeout(300_000);

  let folder: string;
  let packed: PackedPackage;
  let registry: Awaited<ReturnType<typeof startRegistry>>;
  let documents: Documents;
  let emulators: ProcessGroup;
  let ports: Readonly<Record<'auth' | 'functions' | 'firestore' | 'hub' | 'logging', number>>;

  const env = (extra: NodeJS.ProcessEnv = {}) => ({
    ...quietEnv(join(folder, '..'), { npm_config_offline: 'false', npm_config_prefer_offline: 'true' }),
    PATH: [join(ROOT, 'node_modules/.bin'), process.env.PATH].join(delimiter),
    FIRESTORE_EMULATOR_HOST: `${HOST}:${ports.firestore}`,
    FIREBASE_AUTH_EMULATOR_HOST: `${HOST}:${ports.auth}`,
    ...extra,
  });

  async function sh(script: string, extra?: NodeJS.ProcessEnv): Promise<string[]> {
    const output = await runScript(script, { cwd: folder, env: env(extra) });
    return output.trimEnd().split('\n');
  }

  before(async () => {
    const scratch = mkdtempSync(join(tmpdir(), 'gatehouse-existing-'));
    folder = join(scratch, 'shop');
    packed = packPackage();
    const [auth = 0, functions = 0, firestore = 0, hub = 0, logging = 0] = await findFreePorts(5);
    ports = { auth, functions, firestore, hub, logging };
    const { firestore: _, ...started } = ports;
    const emulated = Object.entries(started).map(([name, port]) => [name, { host: HOST, port }]);
    const config = json(join(EXAMPLE, 'firebase.json'));
    writeProject(folder, {
      ...config,
      emulators: { ...Object.fromEntries(emulated), ui: { enabled: false } },
    });
    const install = 'npm --prefix functions install --no-audit --no-fund --loglevel=error';
    await sh(`${install} express && ${install} --save-dev @types/express`);
    const [upstream = ''] = await sh('npm config get registry');
    registry = await startRegistry(packed.manifest, packed.tarball, upstream);
    await sh(INSTALL, { npm_config_registry: registry.url });
    followGuide(folder);
    await sh(BUILD);
  });

  after(async () => {
    await emulators?.stop();
    await documents?.stop();
    registry?.stop();
    packed?.remove();
    rmSync(join(folder, '..'), { recursive: true, force: true, maxRetries: 3 });
  });

  it('is then what examples/existing-project shows', () => {
    for (const file of FILES) assert.deepEqual(read(join(folder, file)), read(join(EXAMPLE, file)), file);
    const example = json(join(EXAMPLE, 'functions/package.json'));
    const after = json(join(folder, 'functions/package.json'));
    const names = (table: object) => Object.keys(table).sort();
    for (const kind of ['dependencies', 'devDependencies'] as const) {
      assert.deepEqual(names(after[kind]), names(example[kind]));
      // The registry has newer versions from time to time.
      delete after[kind];
      delete example[kind];
    }
    assert.deepEqual(after, example);
  });

  it('does not compile with a misspelt permission', async () => {
    const index = join(folder, 'functions/src/index.ts');
    const text = readFileSync(index, 'utf8');
    writeFileSync(index, text.replace("requireAccess('projects:read')", "requireAccess('projects:raed')"));
    await assert.rejects(sh(BUILD), /projects:raed/);
    writeFileSync(index, text);
  });

  describe('the package', () => {
    const CONFIG = `{
      permissions: { 'projects:read': { summary: 'Read projects', privileged: false } },
      roles: { member: ['projects:read'], owner: 'all' }, defaultRole: 'member' }`;
    const DISCOVERY = { FUNCTIONS_CONTROL_API: 'true', GCLOUD_PROJECT: PROJECT };

    /** Runs code in functions/, as when the CLI reads the exports. */
    const script = (kind: 'commonjs' | 'module', code: string) =>
      sh(`cd functions && node --input-type=${kind} <<'EOF'\n${code}\nEOF`, DISCOVERY);

    it('declares the secret, no other parameter, and no function when it is imported', async () => {
      const output = await script(
        'commonjs',
        `const { declaredParams } = require('firebase-functions/params');
         const { createGatehouse } = require('@gatehouse/functions/library');
         createGatehouse(${CONFIG}).functions.api;
         console.log(declaredParams.map(({ name }) => name).join());`,
      );
      assert.deepEqual(output, ['MFA_ENCRYPTION_KEYS']);
    });

    it('defines functions with global options that are set after createGatehouse', async () => {
      const output = await script(
        'commonjs',
        `const { functions } = require('@gatehouse/functions/library').createGatehouse(${CONFIG});
         require('firebase-functions').setGlobalOptions({ region: 'europe-west1', maxInstances: 3 });
         const { region, maxInstances } = functions.onUserCreated.__endpoint;
         console.log(functions.api.__endpoint.region, region, maxInstances);
         console.log(functions.beforeUserCreated.__endpoint.omit);`,
      );
      assert.deepEqual(output, ["[ 'europe-west1' ] [ 'europe-west1' ] 3", 'true']);
    });

    it('shares the result of the same configuration, and refuses another one', async () => {
      const output = await script(
        'module',
        `import { createGatehouse } from '@gatehouse/functions/library';
         console.log(createGatehouse(${CONFIG}) === createGatehouse(${CONFIG}));
         try { createGatehouse({ ...${CONFIG}, defaultRole: 'none' }) } catch (e) { console.log(e.message) }`,
      );
      assert.deepEqual(output, ['true', 'createGatehouse was called with another configuration before.']);
    });

    it('stops the deployment with the path of a wrong field', async () => {
      const wrong = CONFIG.replace("['projects:read']", "['projects:raed']");
      // As the SDK for the CLI: Node itself would print the line of the bundle, which does not fit into a pipe.
      const code = `try { require('@gatehouse/functions/library').createGatehouse(${wrong}) }
        catch (error) { console.error(error.message); process.exitCode = 1 }`;
      const message = 'roles.member[0]: there is no permission projects:raed';
      await assert.rejects(script('commonjs', code), (error: Error) => error.message.includes(message));
    });
  });

  it('answers 401, 200, 403, 201 for an editor, and 401 to a revoked user', async () => {
    const logFile = join(ROOT, '.gatehouse/test-library.log');
    documents = await startDocuments('embedded', { port: ports.firestore, projectId: PROJECT, logFile });
    emulators = new ProcessGroup(
      'the emulators',
      // The emulator of Firestore is a download and needs Java: the embedded one takes its place.
      ['bash', '-euc', `cd '${folder}' && ${START.trimEnd()} --only auth,functions`],
      () => env(),
    );
    const signs = { ready: 'All emulators ready!', broken: 'Failed to load function definition' };
    await emulators.untilReady(signs, { logFile });

    const commands = [MEMBER, EDITOR, REVOKED].join('\n');
    const output = await sh(
      commands.replaceAll(':5001/', `:${ports.functions}/`).replaceAll(':9099/', `:${ports.auth}/`),
    );
    assert.deepEqual(
      output.flatMap((line) => /(?:^|\})(\d{3})$/.exec(line)?.[1] ?? []),
      ['401', '200', '403', '201', '401'],
      output.join('\n'),
    );
    assert.ok(
      output.some((line) => line.includes('{"result":{"id":0,"name":"Beacon"}}')),
      output.join('\n'),
    );
  });

  it('grants a role of the project for an old claim', async () => {
    const accounts = `http://${HOST}:${ports.auth}/identitytoolkit.googleapis.com/v1/projects/${PROJECT}/accounts`;
    const post = async (path: string, body: object) => {
      const headers = { Authorization: 'Bearer owner', 'Content-Type': 'application/json' };
      const answer = await fetch(accounts + path, { method: 'POST', headers, body: JSON.stringify(body) });
      return (await answer.json()) as { localId: string; users: { customAttributes?: string }[] };
    };
    const { localId } = await post('', { email: 'bob@example.com', password: 'correct horse' });
    await post(':update', { localId, customAttributes: '{"role":"writer"}' });
    const map = `npm --prefix functions exec --no -- gatehouse import-users --project ${PROJECT} --map role:writer=editor`;
    assert.match((await sh(map)).join('\n'), /Roles that --map granted: 1 editor\./);
    const { users } = await post(':lookup', { localId: [localId] });
    const [{ customAttributes = '' } = {}] = users;
    const { role, roles } = JSON.parse(customAttributes);
    assert.equal(role, 'writer');
    assert.ok(roles.includes('editor'), customAttributes);
    const resync = `npm --prefix functions exec --no -- gatehouse resync --project ${PROJECT} --dry-run`;
    assert.match((await sh(resync)).join('\n'), / 0 would be synced, 0 without an account, 0 failed\./);
  });

  it('is deployed without a question about parameters, and replaces no other function', async () => {
    const project = freshProject();
    for (const name of ['api', 'orders']) addFunction(project, name, { codebase: 'shop' });
    const start = project.snapshot();
    const google = await startGoogle(project);
    const answered = DEPLOY.replaceAll('firebase deploy', 'firebase deploy --non-interactive --force');
    try {
      await sh(answered.replace(PROJECT, DEPLOYED), google.env);
    } finally {
      await google.close();
    }
    const names = google.calls
      .filter(({ method, path }) => method === 'POST' && path.endsWith('/functions'))
      .map(({ query }) => query.get('functionId') ?? '');
    assert.ok(names.includes('gatehouse-api') && names.includes('app') && names.includes('rename'));
    assert.deepEqual(
      names.filter((name) => !/^(gatehouse-\w+|app|rename)$/.test(name)),
      [],
    );
    assert.deepEqual(changed(start, project), []);
  });

  describe('on Cloud Run, under the functions framework', () => {
    const processes: FrameworkProcess[] = [];
    after(() => Promise.all(processes.map((one) => one.stop())));

    async function post(target: string, path: string) {
      const env = { FUNCTION_TARGET: target, K_SERVICE: 'shop', K_CONFIGURATION: 'shop' };
      const started = await startFramework(env, join(folder, 'functions'));
      processes.push(started);
      assert.ok(started.listened, started.output());
      return fetch(`http://${HOST}:${started.port}${path}`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'X-Forwarded-Proto': 'https' },
        body: '{',
      });
    }

    it('checks the requests of its own functions before the framework does', async () => {
      const response = await post('gatehouse.api', '/v1/users');
      assert.equal(response.status, 400);
      assert.match(await response.text(), /invalid_request/);
    });

    it('leaves the framework as it is for the functions of the project', async () => {
      const response = await post('app', '/projects');
      assert.equal(response.status, 400);
      assert.equal(response.headers.get('referrer-policy'), null);
      assert.doesNotMatch(await response.text(), /invalid_request/);
    });
  });
});
