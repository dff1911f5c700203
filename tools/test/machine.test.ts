import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { quietEnv, ROOT } from '../lib/emulator-setup.ts';
import { GATEHOUSE_FIRESTORE } from './gatehouse.ts';
import { launch, until } from './processes.ts';

/** What a clone has in its folders besides packages: no other branch of the tree is needed to start. */
const CLONED = /^(functions|packages|tools|web|[^/]+\.(json|rules))(\/|$)/;

/** A clone in a folder of this name, with the packages of this one. */
function clone(name: string): string {
  const root = join(mkdtempSync(join(tmpdir(), 'gatehouse-clone-')), name);
  const isCloned = (source: string) => {
    const path = relative(ROOT, source);
    return path === '' || (CLONED.test(path) && !path.split(sep).includes('node_modules'));
  };
  cpSync(ROOT, root, { recursive: true, filter: isCloned });
  for (const folder of ['', 'functions']) {
    symlinkSync(join(ROOT, folder, 'node_modules'), join(root, folder, 'node_modules'));
  }
  return root;
}

// Nothing listens here: a request through this proxy fails.
const PROXY = 'http://127.0.0.1:1';
const PROXIES = Object.fromEntries(
  ['http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'grpc_proxy'].map((name) => [
    name,
    PROXY,
  ]),
);

describe('npm start on a developer’s machine', function () {
  this.timeout(120_000);

  const machines: [what: string, folder: string, env: NodeJS.ProcessEnv][] = [
    ['behind a proxy, with NODE_ENV=production', 'gatehouse', { ...PROXIES, NODE_ENV: 'production' }],
    [
      'behind a proxy with exceptions, in a folder a#b%20c?d e',
      'a#b%20c?d e',
      { ...PROXIES, no_proxy: 'x.example' },
    ],
  ];
  for (const [what, folder, env] of machines) {
    it(`starts ${what}`, async () => {
      const root = clone(folder);
      const bootstrap = join(root, 'tools/bootstrap.mjs');
      const options = ['--free-ports', `--firestore=${GATEHOUSE_FIRESTORE}`];
      const { no_proxy, NO_PROXY, ...inherited } = process.env;
      const started = launch(process.execPath, [bootstrap, 'start', ...options], {
        env: { ...inherited, ...env },
      });
      try {
        await until(() => started.output().includes('Try, in') || started.child.exitCode !== null, 90_000);
        const api = /^ +API +(\S+)/m.exec(started.output())?.[1];
        assert.ok(api, started.output());
        assert.equal((await fetch(`${api}/health`)).status, 200);
      } finally {
        started.child.kill('SIGINT');
        assert.equal(await started.exited, 0, started.output());
        rmSync(join(root, '..'), { recursive: true });
      }
    });
  }

  it('hides a proxy from the Firebase CLI, which would use it for the emulators', () => {
    const before = { ...process.env };
    try {
      Object.assign(process.env, PROXIES, { all_proxy: PROXY, HTTPS_proxy: PROXY });
      const names = Object.keys(quietEnv('/scratch'));
      assert.deepEqual(
        names.filter((name) => /^(http|https|all|grpc)_proxy$/i.test(name)),
        [],
      );
    } finally {
      process.env = before;
    }
  });
});
