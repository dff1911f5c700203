import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { ROOT } from '../lib/emulator-setup.ts';
import { launch } from './processes.ts';

describe('--firestore', function () {
  this.timeout(60_000);
  let home: string;

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'gatehouse-firestore-'));
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  /** Installs a fake `java`, first on the PATH, that prints this version. */
  function installJava(version: string) {
    const java = join(home, 'java');
    writeFileSync(java, `#!/bin/sh\necho 'openjdk version "${version}" 2026-01-20' >&2\n`);
    chmodSync(java, 0o755);
  }

  /** Creates the emulator folder of a Google Cloud CLI, with an empty jar. */
  function installSdk() {
    const folder = join(home, 'sdk', 'platform', 'cloud-firestore-emulator');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'cloud-firestore-emulator.jar'), '');
  }

  /** Runs a script of tools/. @returns its exit code, stderr alone, and both streams together */
  async function runScript(script: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    const PATH = [home, process.env.PATH].join(delimiter);
    const { child, exited, output } = launch(process.execPath, [join(ROOT, 'tools', script), ...args], {
      env: {
        ...process.env,
        PATH,
        CLOUDSDK_ROOT_DIR: join(home, 'sdk'),
        FIREBASE_EMULATORS_PATH: join(home, 'cache'),
        FIRESTORE_EMULATOR_BINARY_PATH: undefined,
        ...env,
      },
    });
    let errors = '';
    child.stderr?.on('data', (chunk) => (errors += chunk));
    return { code: await exited, errors, output: output() };
  }

  for (const [command, script, args] of [
    ['npm start', 'start.ts', ['--free-ports']],
    ['npm test', 'test.ts', ['rules']],
  ] as const) {
    describe(`of ${command}`, () => {
      it('refuses Google’s emulator in one line without Java', async () => {
        const { code, errors } = await runScript(script, [...args, '--firestore=official'], { PATH: home });
        assert.equal(code, 1);
        assert.match(errors, /^gatehouse: --firestore=official needs Java 21, and no java runs here; .*\n$/);
      });

      it('refuses Google’s emulator in one line if Java is too old', async () => {
        installJava('17.0.15');
        const { code, errors } = await runScript(script, [...args, '--firestore=official']);
        assert.equal(code, 1);
        assert.match(errors, /^gatehouse: .* needs Java 21, and the java here is 17; .*\n$/);
      });

      it('refuses Google’s emulator in one line if its download fails', async () => {
        installJava('21.0.2');
        const env = { HTTPS_PROXY: 'http://127.0.0.1:1' };
        const { code, errors } = await runScript(script, [...args, '--firestore=official'], env);
        assert.equal(code, 1);
        assert.match(
          errors,
          /^gatehouse: Google's Firestore emulator is not in .*, and its download failed: .*\n$/,
        );
      });

      it('refuses the Google Cloud CLI’s emulator in one line if Java is too old', async () => {
        installSdk();
        installJava('1.8.0_392');
        const { code, errors } = await runScript(script, [...args, '--firestore=official']);
        assert.equal(code, 1);
        assert.match(errors, /^gatehouse: .* needs Java 11, and the java here is 8; .*\n$/);
      });

      it('refuses an unknown Firestore', async () => {
        const { code, errors } = await runScript(script, [...args, '--firestore=mongo']);
        assert.equal(code, 1);
        assert.equal(errors, 'gatehouse: --firestore is "embedded" or "official", not "mongo"\n');
      });
    });
  }

  it('finds the Google Cloud CLI’s emulator by gcloud on the PATH, also through a link', async () => {
    installSdk();
    installJava('1.8.0_392');
    const gcloud = join(home, 'sdk', 'bin', 'gcloud');
    mkdirSync(dirname(gcloud));
    writeFileSync(gcloud, '', { mode: 0o755 });
    symlinkSync(gcloud, join(home, 'gcloud'));
    const { errors } = await runScript('test.ts', ['--firestore=official'], { CLOUDSDK_ROOT_DIR: undefined });
    assert.match(errors, /^gatehouse: .* needs Java 11, /);
  });

  it('counts the firestore.rules tests that are skipped without Google’s emulator', async () => {
    const { code, output } = await runScript('test.ts', ['rules-official']);
    assert.equal(code, 0, output);
    assert.match(output, /skipped: \d+ tests of firestore.rules on Google’s emulator: need it, .*\n/);
    assert.match(output, /\n0 passed, 0 failed, [1-9]\d* skipped\n$/);
  });

  it('counts the comparison with Google’s emulator as skipped without it', async () => {
    const { code, output } = await runScript('test.ts', ['fuzz-official']);
    assert.equal(code, 0, output);
    assert.match(output, /skipped: the comparison with Google’s Firestore emulator: needs it, .*\n/);
    assert.match(output, /\n0 passed, 0 failed, 1 skipped\n$/);
  });

  it('skips the embedded Firestore’s tests on Google’s emulator, with a note', async () => {
    installSdk();
    installJava('11.0.20');
    const { output } = await runScript('test.ts', ['firestore', '--firestore=official']);
    assert.match(output, /skipped: the tests of the embedded Firestore: need a run without --firestore/);
    assert.match(output, /\n0 passed, 0 failed, 1 skipped\n$/);
  });
});
