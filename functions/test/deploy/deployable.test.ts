import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { ROOT } from '../../../tools/lib/emulator-setup.ts';
import {
  type Build,
  discover,
  type Manifest,
  resolve,
  settingsIn,
  uploaded,
} from '../../../tools/lib/firebase-cli.ts';
import { findFreePort } from '../../../tools/lib/ports.ts';
import { modules } from '../../src/modules.ts';
import { buildOnce } from '../helpers/framework.ts';
import { CALLABLES } from '../helpers/operations.ts';

const PROJECT = 'shop-1234';
const FUNCTIONS = join(ROOT, 'functions');
const FRAMEWORK = join(FUNCTIONS, 'node_modules/@google-cloud/functions-framework/build/src/main.js');

const json = (...path: string[]) => JSON.parse(readFileSync(join(...path), 'utf8'));
const [codebase]: [{ runtime: string; ignore: string[] }] = json(ROOT, 'firebase.json').functions;

/** The files of the bundle: the entry point and the chunks it loads. */
const CODE = /^lib\/(firebase-admin\/)?[\w-]+\.js(\.map)?$/;

const BUILT_IN_CALLABLES =
  'getMyAccess listUsers setUserRoles grantUserRole revokeUserRole revokeSessions'.split(' ');
const BUILT_IN_TRIGGERS = {
  beforeUserCreated: 'blockingTrigger',
  beforeUserSignedIn: 'blockingTrigger',
  onUserCreated: 'eventTrigger',
  onUserDeleted: 'eventTrigger',
  reconcileAccess: 'scheduleTrigger',
};
/** Of all modules, those that were added later included. */
const TRIGGERS = Object.keys(modules.triggers(() => ({}), {}));
const BLOCKING = { beforeUserCreated: 'beforeCreate', beforeUserSignedIn: 'beforeSignIn' };
/** Function → group, which is the prefix of its parameters. */
const GROUPS: Record<string, string> = {
  api: 'API',
  ...Object.fromEntries(CALLABLES.map((name) => [name, 'CALLABLES'])),
  ...Object.fromEntries(TRIGGERS.map((name) => [name, 'TRIGGERS'])),
};
const NAMES = Object.keys(GROUPS).sort();
/** Functions that always run one at a time. */
const SINGLE = ['reconcileAccess'];
const accountParam = (name: string) => `${GROUPS[name]}_SERVICE_ACCOUNT`;
/** Size of the functions that serve few requests. Only the size of the API is set by parameters. */
const SMALL = { availableMemoryMb: 256, concurrency: 80, minInstances: null, maxInstances: 5 };

/** The expected size of a function in the manifest. */
function sizeOf(name: string) {
  if (SINGLE.includes(name)) return { ...SMALL, concurrency: 1, maxInstances: 1 };
  if (name !== 'api') return SMALL;
  return {
    availableMemoryMb: '{{ params.API_MEMORY_MIB }}',
    concurrency: '{{ params.API_CONCURRENCY }}',
    minInstances: '{{ params.API_MIN_INSTANCES }}',
    maxInstances: '{{ params.API_MAX_INSTANCES }}',
  };
}

/** What `firebase deploy` uploads, installed in an empty folder as Cloud Build does; without network and project. */
describe('the deployable', function () {
  this.timeout(30_000);

  const scratch = mkdtempSync(join(tmpdir(), 'gatehouse-deploy-'));
  const copy = join(scratch, 'workspace');
  let files: string[];

  before(async function () {
    this.timeout(120_000);
    buildOnce();
    const paths = await uploaded(FUNCTIONS, codebase.ignore);
    files = paths.map((path) => relative(FUNCTIONS, path)).sort();
    for (const file of files) {
      mkdirSync(dirname(join(copy, file)), { recursive: true });
      cpSync(join(FUNCTIONS, file), join(copy, file));
    }
  });

  after(() => rmSync(scratch, { recursive: true, force: true }));

  /** Runs a module in the folder of the bundle, because its location decides what it may import. */
  async function runBeside(script: string): Promise<string> {
    const probe = join(copy, 'lib/probe.mjs');
    writeFileSync(probe, script);
    try {
      const env = { PATH: process.env.PATH, GCLOUD_PROJECT: PROJECT, K_CONFIGURATION: 'api' };
      const { stdout } = await promisify(execFile)(process.execPath, [probe], { cwd: copy, env });
      return stdout;
    } finally {
      rmSync(probe);
    }
  }

  describe('upload', () => {
    it('has the bundle and the files that npm needs, nothing else', () => {
      const expected = ['.npmrc', 'index.js', 'package-lock.json', 'package.json'];
      assert.deepEqual(
        files.filter((file) => !CODE.test(file)),
        expected,
      );
      assert.ok(files.includes('lib/index.js'));
      // For the positions in the log. That of Firestore's SDK is larger than all others.
      assert.ok(files.includes('lib/index.js.map'));
      assert.ok(!files.some((file) => /firestore-.*\.map$/.test(file)));
    });

    it('leaves out all other files of a developer’s folder', async () => {
      const folder = join(scratch, 'developer');
      const junk = [
        ...[
          'src/index.ts',
          'src/http/app.ts',
          'test/unit/a.test.ts',
          'scripts/build.ts',
          'coverage/index.html',
          'dist/gatehouse-lambda.zip',
          'gatehouse.config.ts',
          'kit/modules.ts',
          'library/distribution.ts',
          'README.md',
          'npm-shrinkwrap.json',
        ],
        ...[
          '.env',
          '.env.local',
          `.env.${PROJECT}`,
          '.env.example',
          '.secret.local',
          '.c8rc.json',
          '.mocharc.json',
        ],
        ...[
          'tsconfig.json',
          'tsconfig.build.json',
          'firebase-debug.log',
          'npm-debug.log',
          '.runtimeconfig.json',
        ],
        ...['node_modules/zod/package.json', '.git/HEAD'],
      ];
      for (const file of [...junk, 'package.json']) {
        mkdirSync(dirname(join(folder, file)), { recursive: true });
        writeFileSync(join(folder, file), '');
      }
      const paths = await uploaded(folder, codebase.ignore);
      assert.deepEqual(
        paths.map((path) => relative(folder, path)),
        ['package.json'],
      );
    });
  });

  describe('install', () => {
    it('succeeds with the lockfile, and installs nothing: the bundle has every package', async function () {
      this.timeout(240_000);
      const args = ['ci', '--omit=dev', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'];
      await promisify(execFile)('npm', args, { cwd: copy });
      assert.deepEqual(globSync('node_modules/*', { cwd: copy }), []);
      rmSync(join(copy, 'node_modules'), { recursive: true, force: true });
    });

    it('is not needed at runtime: the bundle has a working Admin SDK and Firestore', async () => {
      const firestore = files.find((file) => /^lib\/firestore-\w+\.js$/.test(file)) ?? assert.fail();
      const output = await runBeside(`
        import { initializeApp } from './firebase-admin/app.js';
        import { getFirestore, FieldPath, FieldValue, Timestamp } from './${basename(firestore)}';
        const db = getFirestore(initializeApp({ projectId: 'p' }));
        const query = db.collection('c').where(FieldPath.documentId(), '>', 'a');
        const made = [query.limit(1), FieldValue.serverTimestamp(), Timestamp.fromMillis(1500)];
        process.stdout.write(JSON.stringify([made.length, made[2].toMillis(), db.projectId]));
        process.exit();`);
      assert.deepEqual(JSON.parse(output), [3, 1500, 'p']);
    });

    it('can be loaded with require(), as the platform does to fill V8’s code cache', async () => {
      const output = await runBeside(`
        import { createRequire } from 'node:module';
        const loaded = createRequire(import.meta.url)('./index.js');
        process.stdout.write(Object.keys(loaded).sort().join());
        process.exit();`);
      assert.deepEqual(output.split(','), NAMES);
    });

    it('is for the runtime this test runs on', () => {
      const major = process.versions.node.split('.')[0];
      assert.equal(codebase.runtime, `nodejs${major}`);
      assert.equal(json(copy, 'package.json').engines.node, major);
    });
  });

  describe('manifest', () => {
    let build: Build;
    let manifest: Manifest;
    let example: Record<string, string>;

    before(async function () {
      this.timeout(60_000);
      // The CLI looks up firebase-functions in the developer's folder.
      symlinkSync(join(FUNCTIONS, 'node_modules'), join(copy, 'node_modules'));
      build = await discover(copy, PROJECT, codebase.runtime, scratch);
      manifest = json(scratch, 'functions.yaml');
      const settings = join(scratch, 'settings');
      cpSync(join(FUNCTIONS, '.env.example'), join(settings, `.env.${PROJECT}`));
      example = settingsIn(settings, PROJECT);
    });

    after(() => rmSync(join(copy, 'node_modules')));

    const endpoint = (name: string) => {
      const found = manifest.endpoints[name];
      assert.ok(found, name);
      return found;
    };

    it('names exactly the API, the callables and the triggers, the built-in ones among them', () => {
      assert.deepEqual(Object.keys(manifest.endpoints).sort(), NAMES);
      for (const name of [...BUILT_IN_CALLABLES, ...Object.keys(BUILT_IN_TRIGGERS)]) endpoint(name);
    });

    for (const [name, group] of Object.entries(GROUPS)) {
      it(`takes region, size and service account of ${name} from its group ${group}`, () => {
        const { entryPoint, platform, region, serviceAccountEmail, ...rest } = endpoint(name);
        assert.deepEqual([entryPoint, platform], [name, 'gcfv2']);
        assert.equal(region, '{{ params.REGION }}');
        const { availableMemoryMb, concurrency, minInstances, maxInstances } = rest;
        assert.deepEqual({ availableMemoryMb, concurrency, minInstances, maxInstances }, sizeOf(name));
        assert.equal(serviceAccountEmail, `{{ params.${accountParam(name)} }}`);
      });
    }

    it('binds the keys of second factors to the API, and no secret to another function', () => {
      for (const name of NAMES) {
        const expected = name === 'api' ? [{ key: 'MFA_ENCRYPTION_KEYS' }] : undefined;
        assert.deepEqual(endpoint(name).secretEnvironmentVariables, expected, name);
      }
      const declared = manifest.params.filter(({ type }) => type === 'secret');
      assert.deepEqual(
        declared.map(({ name }) => name),
        ['MFA_ENCRYPTION_KEYS'],
      );
    });

    it('gives each function exactly one trigger, of the right kind', () => {
      const kinds: Record<string, string> = {
        api: 'httpsTrigger',
        ...Object.fromEntries(CALLABLES.map((name) => [name, 'callableTrigger'])),
        ...BUILT_IN_TRIGGERS,
      };
      for (const [name, found] of Object.entries(manifest.endpoints)) {
        const [kind = '', ...others] = Object.keys(found).filter((key) => key.endsWith('Trigger'));
        assert.deepEqual(others, [], name);
        if (name in kinds) assert.equal(kind, kinds[name], name);
        else assert.match(kind, /^(blocking|event|schedule|taskQueue)Trigger$/, name);
      }
    });

    it('sets no invoker for the api: public when created, then as the project has set it', () => {
      assert.deepEqual(endpoint('api').httpsTrigger, {});
    });

    it('requests no user tokens for the blocking functions', () => {
      for (const [name, event] of Object.entries(BLOCKING)) {
        assert.deepEqual(endpoint(name).blockingTrigger, {
          eventType: `providers/cloud.auth/eventTypes/user.${event}`,
          options: { accessToken: false, idToken: false, refreshToken: false },
        });
      }
    });

    for (const [name, event] of Object.entries({ onUserCreated: 'created', onUserDeleted: 'deleted' })) {
      it(`triggers ${name} on users ${event} in Firebase Auth, and retries on failure`, () => {
        const { eventType, retry } = endpoint(name).eventTrigger ?? assert.fail(name);
        assert.deepEqual([eventType, retry], [`google.firebase.auth.user.v2.${event}`, true]);
      });
    }

    it('schedules reconcileAccess every 5 minutes; access changes are kept for an hour', () => {
      assert.equal(endpoint('reconcileAccess').scheduleTrigger?.schedule, 'every 5 minutes');
      const apis = manifest.requiredAPIs.map(({ api }) => api);
      assert.ok(apis.includes('cloudscheduler.googleapis.com'), apis.join());
    });

    it('omits only the blocking functions without IDENTITY_PLATFORM', () => {
      const omitted = NAMES.filter((name) => endpoint(name).omit !== undefined);
      assert.deepEqual(omitted, Object.keys(BLOCKING));
      for (const name of omitted)
        assert.equal(endpoint(name).omit, '{{ params.IDENTITY_PLATFORM == false }}');
    });

    it('declares and describes the parameters of .env.example, with its values as defaults', () => {
      const values = manifest.params.filter(({ type }) => type !== 'secret');
      const defaults = values.map((param) => [param.name, String(param.default)]);
      assert.deepEqual(Object.fromEntries(defaults), example);
      assert.equal(defaults.length, Object.keys(example).length);
      for (const { name, description } of manifest.params) assert.match(description ?? '', /\S/, name);
    });

    const omittedBy: [string, string[]][] = [
      ['false', Object.keys(BLOCKING)],
      ['true', []],
    ];
    for (const [identityPlatform, absent] of omittedBy) {
      it(`passes the CLI’s checks with .env.example, IDENTITY_PLATFORM=${identityPlatform}`, async () => {
        const settings = { ...example, IDENTITY_PLATFORM: identityPlatform };
        const endpoints = await resolve(build, PROJECT, settings);
        assert.deepEqual(
          endpoints.map(({ id }) => id).sort(),
          NAMES.filter((name) => !absent.includes(name)),
        );
        for (const found of endpoints) {
          const { id, runtime, region, availableMemoryMb, concurrency, minInstances, maxInstances } = found;
          assert.deepEqual(
            { runtime, region, availableMemoryMb, concurrency, minInstances, maxInstances },
            {
              runtime: codebase.runtime,
              region: example.REGION,
              ...(id === 'api'
                ? {
                    availableMemoryMb: Number(example.API_MEMORY_MIB),
                    concurrency: Number(example.API_CONCURRENCY),
                    minInstances: Number(example.API_MIN_INSTANCES),
                    maxInstances: Number(example.API_MAX_INSTANCES),
                  }
                : sizeOf(id)),
            },
            id,
          );
          assert.equal(found.serviceAccount, example[accountParam(id)], id);
        }
      });
    }
  });

  describe('api under the functions framework', () => {
    let child: ChildProcess;
    let url: string;
    let output = '';

    before(async () => {
      const port = await findFreePort();
      url = `http://127.0.0.1:${port}`;
      // As in Cloud Build, the framework is not part of the upload. The environment is that of Cloud Run.
      child = spawn(process.execPath, [FRAMEWORK, `--source=${copy}`, '--target=api', `--port=${port}`], {
        cwd: copy,
        env: {
          PATH: process.env.PATH,
          NODE_ENV: 'production',
          GCLOUD_PROJECT: PROJECT,
          K_CONFIGURATION: 'api',
          K_SERVICE: 'api',
          K_REVISION: 'api-00001-abc',
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk));
      while (!(await fetch(url).catch(() => undefined))) {
        assert.ok(!hasExited(), `the process exited:\n${output}`);
        await sleep(50);
      }
    });

    after(() => child?.kill('SIGKILL'));

    const hasExited = () => child.exitCode !== null || child.signalCode !== null;
    const get = async (path: string, headers: Record<string, string>) => {
      const response = await fetch(`${url}${path}`, { headers });
      return { status: response.status, body: await response.text() };
    };
    const https = { 'x-forwarded-proto': 'https' };

    it('answers 200 to /v1/health', async () => {
      const { status, body } = await get('/v1/health', https);
      assert.equal(status, 200, `${body}\n${output}`);
    });

    it('answers 401 to /v1/me without a token', async () => {
      const { status, body } = await get('/v1/me', https);
      assert.equal(status, 401, `${body}\n${output}`);
    });

    it('answers 403 to /v1/me without HTTPS', async () => {
      const { status, body } = await get('/v1/me', {});
      assert.equal(status, 403, `${body}\n${output}`);
    });

    it('writes no files into its folder', () => {
      assert.deepEqual(
        readdirSync(copy).sort(),
        [...new Set(files.map((file) => file.split('/')[0]))].sort(),
      );
    });

    it('exits on SIGTERM', async () => {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      const [code] = await exited;
      assert.equal(code, 0, output);
    });
  });
});
