import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { ROOT } from '../lib/emulator-setup.ts';
import { launch } from './processes.ts';

describe('--firestore', function () {
  this.timeout(60_000);
  let home: string;

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'gatehouse-firestore-'));
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  /** Puts a program first on the PATH that answers `java -version` as the Java of that version does. */
  function installJava(version: string) {
    const java = join(home, 'java');
    writeFileSync(java, `#!/bin/sh\necho 'openjdk version "${version}" 2026-01-20' >&2\n`);
    chmodSync(java, 0o755);
  }

  /** Runs a command of ours; gives its exit code and its two outputs apart. */
  async function ask(script: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    const PATH = [home, process.env.PATH].join(delimiter);
    const { child, exited, output } = launch(process.execPath, [join(ROOT, 'tools', script), ...args], {
      env: {
        ...process.env,
        PATH,
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
      it('refuses Google’s emulator in one line where there is no Java', async () => {
        const { code, errors } = await ask(script, [...args, '--firestore=official'], { PATH: home });
        assert.equal(code, 1);
        assert.match(errors, /^gatehouse: --firestore=official needs Java 21, and no java runs here; .*\n$/);
      });

      it('refuses Google’s emulator in one line where Java is too old for it', async () => {
        installJava('17.0.15');
        const { code, errors } = await ask(script, [...args, '--firestore=official']);
        assert.equal(code, 1);
        assert.match(errors, /^gatehouse: .* needs Java 21, and the java here is 17; .*\n$/);
      });

      it('refuses Google’s emulator in one line where it would have to be downloaded and cannot be', async () => {
        installJava('21.0.2');
        const env = { HTTPS_PROXY: 'http://127.0.0.1:1' };
        const { code, errors } = await ask(script, [...args, '--firestore=official'], env);
        assert.equal(code, 1);
        assert.match(
          errors,
          /^gatehouse: Google's Firestore emulator is not in .*, and its download failed: .*\n$/,
        );
      });

      it('knows two Firestores', async () => {
        const { code, errors } = await ask(script, [...args, '--firestore=mongo']);
        assert.equal(code, 1);
        assert.equal(errors, 'gatehouse: --firestore is "embedded" or "official", not "mongo"\n');
      });
    });
  }

  it('decides what npm test can show, and its summary names the rest', async () => {
    const embedded = await ask('test.ts', ['rules-official']);
    assert.equal(embedded.code, 0, embedded.output);
    assert.match(
      embedded.output,
      /skipped: \d+ tests of firestore.rules on Google’s emulator: need --firestore=official\n/,
    );
    assert.match(embedded.output, /\n0 passed, 0 failed, [1-9]\d* skipped\n$/);

    installJava('21.0.2');
    writeFileSync(join(home, 'emulator.jar'), '');
    const official = await ask('test.ts', ['firestore', '--firestore=official'], {
      FIRESTORE_EMULATOR_BINARY_PATH: join(home, 'emulator.jar'),
    });
    assert.match(
      official.output,
      /skipped: the tests of the embedded Firestore: need a run without --firestore/,
    );
    assert.match(official.output, /\n0 passed, 0 failed, 1 skipped\n$/);
  });
});
