import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { ROOT } from '../lib/emulator-setup.ts';
import { SCRIPT, startGatehouse } from './gatehouse.ts';
import { isQuiet, launch, until } from './processes.ts';

describe('npm start', function () {
  this.timeout(120_000);

  it('reports a taken port, its emulator and a fix in one line', async () => {
    const blocker = createServer().listen(5002, '127.0.0.1');
    await once(blocker, 'listening').catch(() => undefined); // another process may already use the port
    try {
      const { exited, output } = launch(process.execPath, [SCRIPT]);
      assert.equal(await exited, 1);
      assert.match(output(), /^gatehouse: port 5002, wanted by hosting, is taken; .*--free-ports\n$/);
    } finally {
      blocker.close();
    }
  });

  it('prints its options with --help, and starts nothing', async () => {
    const { exited, output } = launch(process.execPath, [
      join(ROOT, 'tools/bootstrap.mjs'),
      'start',
      '--help',
    ]);
    assert.equal(await exited, 0);
    assert.match(output(), /^Usage: npm start/);
    for (const option of ['--data', '--with-issuers', '--firestore', '--free-ports', '--verbose']) {
      assert.ok(output().includes(`  ${option} `), option);
    }
  });

  it('leaves no Java process after SIGKILL, on Google’s emulator', async () => {
    const home = mkdtempSync(join(tmpdir(), 'gatehouse-java-'));
    try {
      const env = installFakeJava(home);
      const gatehouse = await startGatehouse(['--firestore=official'], env);
      assert.ok(existsSync(join(home, 'ran')));
      gatehouse.child.kill('SIGKILL');
      assert.equal(await until(() => isQuiet(gatehouse.ports), 5_000), true);
    } finally {
      rmSync(home, { recursive: true, force: true });
    }
  });
});

/**
 * Installs a fake `java` and emulator, because not every machine has them: the program serves the embedded Firestore on
 * the port in its arguments. @returns environment variables with which it is found
 */
function installFakeJava(home: string): NodeJS.ProcessEnv {
  const java = `#!/bin/sh
    case "$*" in
      *-version)
        echo 'openjdk version "17.0.15" 2025-04-15' >&2
        ;;
      *)
        touch '${home}/ran'
        while [ "$1" != --port ]; do shift; done
        '${process.execPath}' '${ROOT}/packages/firestore-emulator/main.ts' --port "$2" |
          while read -r line; do echo 'Dev App Server is now running.'; done
        ;;
    esac`;
  const emulator = join(home, 'platform', 'cloud-firestore-emulator');
  mkdirSync(emulator, { recursive: true });
  writeFileSync(join(home, 'java'), java, { mode: 0o755 });
  writeFileSync(join(emulator, 'cloud-firestore-emulator.jar'), '');
  return { PATH: [home, process.env.PATH].join(delimiter), CLOUDSDK_ROOT_DIR: home };
}
