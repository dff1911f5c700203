import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ROOT } from '../lib/emulator-setup.ts';

const require = createRequire(`${ROOT}/node_modules/firebase-tools/package.json`);
const readJson = (name: string) => JSON.parse(readFileSync(join(ROOT, name), 'utf8'));

describe('firebase.json', () => {
  it('names the schema of the installed Firebase CLI, and matches it', () => {
    const config = readJson('firebase.json');
    const { default: Ajv } = require('ajv');
    const validator = new Ajv({ allowUnionTypes: true, strict: false });
    require('ajv-formats').default(validator);
    const isValid = validator.validate(readJson(config.$schema), config);
    assert.ok(isValid, validator.errorsText());
  });

  it('has the sign-in methods that a deployment switches on, and none that it could replace', () => {
    // A `googleSignIn` would write the OAuth brand and redirect addresses of the project.
    assert.deepEqual(readJson('firebase.json').auth, { providers: { emailPassword: true } });
  });
});

describe('the scripts of functions/', function () {
  this.timeout(120_000);
  const functions = join(ROOT, 'functions');
  const npm = (...args: string[]) => {
    const env = { ...process.env, INIT_CWD: undefined };
    return spawnSync('npm', ['run', ...args], { cwd: functions, env, encoding: 'utf8' });
  };

  for (const [script, usage] of [
    ['serve', /Usage: firebase emulators:start/],
    ['start', /Usage: firebase functions:shell/],
    ['logs', /Usage: firebase functions:log/],
    ['deploy', /^Usage: npm run deploy/m],
    ['test', /^Usage: npm test/m],
  ] as const) {
    it(`find their programs and pass options on: ${script}`, () => {
      const { status, stdout, stderr } = npm(script, '--', '--help');
      assert.equal(status, 0, stderr);
      assert.match(stdout, usage);
    });
  }

  it('check the code: lint', () => {
    const { status, stdout, stderr } = npm('lint');
    assert.equal(status, 0, stdout + stderr);
    assert.match(stdout, /Checked \d+ files/);
  });
});

describe('.vscode', () => {
  const launch: { configurations: Launch[] } = readJson('.vscode/launch.json');
  const { tasks }: { tasks: Task[] } = readJson('.vscode/tasks.json');
  interface Launch {
    port?: number;
    preLaunchTask?: string;
    runtimeExecutable?: string;
    program?: string;
  }
  interface Task {
    label: string;
    command?: string;
    script?: string;
    path?: string;
  }

  it('starts programs and tasks that exist', () => {
    for (const { runtimeExecutable, program, preLaunchTask } of launch.configurations) {
      for (const file of [runtimeExecutable, program]) {
        if (file) assert.ok(existsSync(file.replace(/^\$\{workspaceFolder\}/, ROOT)), file);
      }
      if (preLaunchTask) assert.ok(tasks.some(({ label }) => label === preLaunchTask));
    }
    for (const { script, path = '.' } of tasks) {
      if (script) assert.ok(Object.hasOwn(readJson(join(path, 'package.json')).scripts, script), script);
    }
  });

  it('attaches to the port on which its task lets functions be inspected', () => {
    const ports = tasks.flatMap(({ command }) => /--inspect-functions (\d+)/.exec(command ?? '')?.[1] ?? []);
    assert.deepEqual(ports.map(Number), [9229]);
    for (const { port } of launch.configurations) if (port) assert.equal(port, 9229);
  });

  it('finds the source of built functions by their source maps', () => {
    const { sources }: { sources: string[] } = readJson('functions/lib/index.js.map');
    const own = sources.filter((source) => source.includes('/src/') && !source.includes('node_modules'));
    assert.ok(own.length > 10);
    for (const source of own) assert.ok(existsSync(join(ROOT, 'functions/lib', source)), source);
  });
});

describe('.gitignore', () => {
  /** Which of these paths Git ignores. */
  const ignored = (...paths: string[]) => {
    const { stdout } = spawnSync('git', ['check-ignore', '--no-index', ...paths], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    return stdout.split('\n').filter(Boolean);
  };

  it('ignores secrets and settings of one machine, in every folder', () => {
    const files = [
      ...['functions/.secret.local', '.secret.local', 'packages/x/.secret.local'],
      ...['functions/.env.local', '.env.local', '.env', '.env.production', 'aws/.env'],
      ...['firebase-debug.log', 'functions/ui-debug.log'],
    ];
    assert.deepEqual(ignored(...files), files);
  });

  it('lets the parameter files of projects be committed', () => {
    assert.deepEqual(ignored('functions/.env', 'functions/.env.my-project', 'functions/.env.example'), []);
  });
});
