import assert from 'node:assert/strict';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ROOT } from '../lib/emulator-setup.ts';
import { launch } from './processes.ts';

const INSTALLING = /installing dependencies/;

describe('bootstrap', function () {
  this.timeout(60_000);
  let home: string;

  const write = (path: string, content: string | object) => {
    mkdirSync(dirname(join(home, path)), { recursive: true });
    writeFileSync(join(home, path), typeof content === 'string' ? content : JSON.stringify(content));
  };

  /** Writes a package with a dependency of each kind, which npm installs from folders. */
  function writePackage(folder: string) {
    const manifest = {
      ...{ name: 'tiny', version: '1.0.0' },
      ...{ dependencies: { dep: 'file:dep' }, devDependencies: { dev: 'file:dev' } },
    };
    write(`${folder}/package.json`, manifest);
    for (const name of ['dep', 'dev']) write(`${folder}/${name}/package.json`, { name, version: '1.0.0' });
    write(`${folder}/package-lock.json`, {
      ...{ name: 'tiny', version: '1.0.0', lockfileVersion: 3 },
      packages: {
        '': manifest,
        ...{ dep: { version: '1.0.0' }, dev: { version: '1.0.0', dev: true } },
        'node_modules/dep': { resolved: 'dep', link: true },
        'node_modules/dev': { resolved: 'dev', link: true, dev: true },
      },
    });
  }

  /** Runs the bootstrap of the project in `home`. */
  async function bootstrap(args: string[], env: Record<string, string> = {}) {
    const { exited, output } = launch(process.execPath, [join(home, 'tools', 'bootstrap.mjs'), ...args], {
      env: { ...process.env, ...env },
    });
    return { code: await exited, output: output() };
  }

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'gatehouse bootstrap a#b%20c?d-'));
    cpSync(join(ROOT, 'tools', 'bootstrap.mjs'), join(home, 'tools', 'bootstrap.mjs'), { recursive: true });
    write('tools/hello.ts', `console.log('hello', process.argv[2]); process.exitCode = 7;`);
    writePackage('.');
    writePackage('functions');
  });

  afterEach(() => rmSync(home, { recursive: true, force: true }));

  it('installs, runs the command with its arguments, and returns its exit code', async () => {
    const { code, output } = await bootstrap(['hello', 'world']);
    assert.equal(code, 7, output);
    assert.match(output, /hello world/);
    assert.ok(existsSync(join(home, 'functions', 'node_modules', 'dep')));
  });

  it('runs a program in the folder in which it is called, as the scripts of functions/ do', async () => {
    const args = ['../tools/bootstrap.mjs', 'node', '-p', 'process.cwd()'];
    const { exited, output } = launch(process.execPath, args, { cwd: join(home, 'functions') });
    assert.equal(await exited, 0, output());
    assert.ok(output().endsWith(`${join(home, 'functions')}\n`), output());
  });

  it('prints the usage of a command with --help or -h, and installs and runs nothing', async () => {
    write('tools/usage/hello.txt', 'Usage: npm run hello\n');
    for (const help of ['--help', '-h']) {
      assert.deepEqual(await bootstrap(['hello', 'world', help]), {
        code: 0,
        output: 'Usage: npm run hello\n',
      });
    }
    assert.ok(!existsSync(join(home, 'node_modules')));
  });

  it('installs again only after a lockfile has changed', async () => {
    const stray = join(home, 'node_modules', 'stray.txt'); // a fresh install would remove it
    await bootstrap(['hello']);
    writeFileSync(stray, '');
    assert.doesNotMatch((await bootstrap(['hello'])).output, INSTALLING);
    assert.ok(existsSync(stray));

    appendFileSync(join(home, 'package-lock.json'), '\n');
    assert.match((await bootstrap(['hello'])).output, INSTALLING);
    assert.ok(!existsSync(stray));
  });

  for (const env of [
    { NODE_ENV: 'production' },
    { npm_config_omit: 'dev' },
    { npm_config_production: 'true' },
  ]) {
    it(`installs development dependencies with ${JSON.stringify(env)}`, async () => {
      assert.equal((await bootstrap(['hello'], env)).code, 7);
      for (const folder of ['.', 'functions']) assert.ok(existsSync(join(home, folder, 'node_modules/dev')));
    });
  }

  it('installs again when a package is missing although the lockfile is the same', async () => {
    await bootstrap(['hello']);
    rmSync(join(home, 'functions/node_modules/dev'));
    assert.match((await bootstrap(['hello'])).output, INSTALLING);
    assert.ok(existsSync(join(home, 'functions/node_modules/dev')));
  });

  it('installs again after an install that failed', async () => {
    write('functions/package-lock.json', '{}');
    assert.equal((await bootstrap(['hello'])).code, 1);
    writePackage('functions');
    const { code, output } = await bootstrap(['hello']);
    assert.equal(code, 7, output);
    assert.match(output, INSTALLING);
  });

  const LOOPBACK = '127.0.0.1,localhost,::1';
  const exceptions: [env: Record<string, string>, expected: string][] = [
    [{}, LOOPBACK],
    [{ no_proxy: 'intranet.example' }, `intranet.example,${LOOPBACK}`],
    [{ NO_PROXY: 'intranet.example' }, `intranet.example,${LOOPBACK}`],
    [{ NO_PROXY: '*' }, '*'],
  ];
  for (const [env, expected] of exceptions) {
    it(`keeps loopback out of a proxy with ${JSON.stringify(env)}`, async () => {
      write('tools/hello.ts', "console.log('[' + process.env.no_proxy + '|' + process.env.NO_PROXY + ']');");
      const none = { no_proxy: '', NO_PROXY: '' };
      const { output } = await bootstrap(['hello'], {
        ...none,
        http_proxy: 'http://proxy.example:8080',
        ...env,
      });
      assert.ok(output.includes(`[${expected}|${expected}]`), output);
    });
  }

  it('installs once at a time when several commands start together', async () => {
    const runs = await Promise.all(['a', 'b', 'c'].map((name) => bootstrap(['hello', name])));
    for (const { code, output } of runs) assert.equal(code, 7, output);
  });

  it('takes over the lock of a process that has ended', async () => {
    write('.gatehouse/install.lock', '999999999');
    assert.equal((await bootstrap(['hello'])).code, 7);
  });

  it('reports a missing npm in one line', async () => {
    mkdirSync(join(home, 'path'));
    symlinkSync(process.execPath, join(home, 'path', 'node'));
    const { code, output } = await bootstrap(['hello'], { PATH: join(home, 'path') });
    assert.equal(code, 1);
    assert.match(output, /\ngatehouse: npm is missing; .*\n$/);
  });

  it('reports an unreachable npm registry in one line', async () => {
    const packages = {
      '': { dependencies: { mocha: '12.0.3' } },
      'node_modules/mocha': { version: '12.0.3' },
    };
    write('package.json', { name: 'tiny', dependencies: { mocha: '12.0.3' } });
    write('package-lock.json', { name: 'tiny', lockfileVersion: 3, packages });
    const { code, output } = await bootstrap(['hello'], {
      npm_config_registry: 'http://127.0.0.1:1/',
      npm_config_cache: join(home, 'cache'),
    });
    assert.equal(code, 1);
    assert.match(output, /\ngatehouse: .* registry is out of reach; .*\n$/);
  });

  it('reports a command that does not exist', async () => {
    const { code, output } = await bootstrap(['nonsense']);
    assert.equal(code, 1);
    assert.match(output, /neither tools\/nonsense\.ts nor a program named "nonsense"/);
  });
});
