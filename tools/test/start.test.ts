import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../lib/emulator-setup.ts';
import { installFakeJava } from './fake-java.ts';
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
      const emulator = join(home, 'platform', 'cloud-firestore-emulator');
      mkdirSync(emulator, { recursive: true });
      writeFileSync(join(emulator, 'cloud-firestore-emulator.jar'), '');
      const env = { PATH: installFakeJava(home, 17), CLOUDSDK_ROOT_DIR: home };
      const gatehouse = await startGatehouse(['--firestore=official'], env);
      assert.ok(existsSync(join(home, 'ran')));
      gatehouse.child.kill('SIGKILL');
      assert.equal(await until(() => isQuiet(gatehouse.ports), 5_000), true);
    } finally {
      rmSync(home, { recursive: true, force: true });
    }
  });
});
