import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { ROOT } from '../lib/emulator-setup.ts';
import { GATEHOUSE_FIRESTORE, killGroup, SCRIPT, signIn, startGatehouse } from './gatehouse.ts';
import { isListening, launch, until } from './processes.ts';

const isQuiet = async (ports: number[]) => !(await Promise.all(ports.map(isListening))).includes(true);

describe('npm start', function () {
  this.timeout(120_000);

  it('names the taken port, who wanted it and what to do, in one line', async () => {
    const blocker = createServer().listen(5002, '127.0.0.1');
    await once(blocker, 'listening').catch(() => undefined); // if it is taken already, so much the better
    try {
      const { exited, output } = launch(process.execPath, [SCRIPT]);
      assert.equal(await exited, 1);
      assert.match(output(), /^gatehouse: port 5002, wanted by hosting, is taken; .*--free-ports\n$/);
    } finally {
      blocker.close();
    }
  });

  it('prints the table, serves the API and its users, and ends on Ctrl-C with nothing left', async () => {
    const gatehouse = await startGatehouse();
    try {
      const { api, auth } = gatehouse.addresses;
      assert.equal((await fetch(`${api}/health`)).status, 200);
      const claims = await signIn(auth, 'owner@demo.test', 'gatehouse');
      assert.deepEqual([claims.sub, claims.roles], ['demo-owner', ['owner']]);
      const kind = GATEHOUSE_FIRESTORE === 'embedded' ? 'embedded' : 'Google’s emulator';
      assert.match(gatehouse.output(), RegExp(`^ +Firestore +127\\.0\\.0\\.1:\\d+ \\(${kind}\\)$`, 'm'));
    } finally {
      killGroup(gatehouse, 'SIGINT');
      killGroup(gatehouse, 'SIGINT'); // through npm, and from people, it comes twice
    }
    assert.equal(await gatehouse.exited, 0);
    assert.equal(await isQuiet(gatehouse.ports), true);
  });

  it('leaves nothing behind when it is killed outright', async () => {
    const gatehouse = await startGatehouse();
    gatehouse.child.kill('SIGKILL');
    assert.equal(await gatehouse.exited, 'SIGKILL');
    assert.equal(await until(() => isQuiet(gatehouse.ports), 5_000), true);
  });

  it('leaves no Java behind when it is killed outright on Google’s emulator', async () => {
    const home = mkdtempSync(join(tmpdir(), 'gatehouse-java-'));
    try {
      const env = installJavaDouble(home);
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
 * Stands in for Java and the emulator in it, which are not on every machine: a program `java` that serves our own
 * Firestore where it is told to. Gives the environment in which it is found.
 */
function installJavaDouble(home: string): NodeJS.ProcessEnv {
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
