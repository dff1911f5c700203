// Which Firestore `firebase emulators:start` uses, with a fake Java.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { quietEnv, ROOT } from '../lib/emulator-setup.ts';
import { findFreePorts } from '../lib/ports.ts';
import { installFakeJava } from './fake-java.ts';
import { killGroup } from './gatehouse.ts';
import { launch, until } from './processes.ts';

const require = createRequire(import.meta.url);
const { getDownloadDetails } = require('firebase-tools/lib/emulator/downloadableEmulators.js');

describe('Firestore of firebase emulators:start', function () {
  this.timeout(60_000);
  let home: string;
  let ran: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'gatehouse-cli-'));
    ran = join(home, 'ran');
    mkdirSync(join(home, 'downloads'));
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  /** Starts Firestore alone until it serves or fails, and stops it. @returns its output */
  async function start(java: number, ...args: string[]): Promise<string> {
    const [port, hub, logging, websocketPort] = await findFreePorts(4);
    const emulators = { firestore: { port, websocketPort }, hub: { port: hub }, logging: { port: logging } };
    const config = { firestore: {}, emulators: { ...emulators, ui: { enabled: false } } };
    writeFileSync(join(home, 'firebase.json'), JSON.stringify(config));
    const script = join(ROOT, 'tools/firebase.mjs');
    const command = ['emulators:start', '--project', 'demo-firestore', ...args];
    const cli = launch(process.execPath, [script, ...command], {
      cwd: home,
      env: quietEnv(home, {
        PATH: installFakeJava(home, java),
        FIREBASE_EMULATORS_PATH: join(home, 'downloads'),
        HTTPS_PROXY: 'http://127.0.0.1:1',
      }),
    });
    const isOver = () => /All emulators ready/.test(cli.output()) || cli.child.exitCode !== null;
    assert.ok(await until(isOver, 30_000), cli.output());
    if (cli.child.exitCode === null) cli.child.kill('SIGINT');
    await until(() => cli.child.exitCode !== null, 10_000);
    if (cli.child.exitCode === null) killGroup(cli, 'SIGKILL');
    return cli.output();
  }

  const installJar = () =>
    writeFileSync(join(home, 'downloads', basename(getDownloadDetails('firestore').downloadPath)), '');

  it('is Google’s with Java 21 and its download', async () => {
    installJar();
    const output = await start(21);
    assert.match(output, /All emulators ready/);
    assert.doesNotMatch(output, /embedded/);
    assert.ok(existsSync(ran));
  });

  it('is the embedded one with an older Java, or if the download fails', async () => {
    assert.match(await start(17), /the embedded Firestore runs, .*: Google's emulator needs Java 21/);
    assert.match(await start(21), /the embedded Firestore runs, .*: Google's emulator cannot be downloaded/);
    assert.ok(!existsSync(ran));
  });

  it('refuses an export of the other one by name', async () => {
    const folder = join(home, 'seed');
    const file = 'firestore_export/firestore_export.overall_export_metadata';
    mkdirSync(join(folder, 'firestore_export'), { recursive: true });
    const firestore = { version: '1.21.0', path: 'firestore_export', metadata_file: file };
    writeFileSync(join(folder, 'firebase-export-metadata.json'), JSON.stringify({ firestore }));

    writeFileSync(join(folder, file), Buffer.from([0, 1, 2, 3]));
    assert.match(
      await start(17, '--import', folder),
      /was exported from Google's Firestore emulator, and only that/,
    );
    installJar();
    writeFileSync(join(folder, file), '{"format":"embedded-firestore","version":1,"documents":0}\n');
    assert.match(
      await start(21, '--import', folder),
      /exported from the embedded Firestore, which Google's emulator/,
    );
    assert.match(await start(17, '--import', folder), /All emulators ready/);
    assert.ok(!existsSync(ran));
  });
});
