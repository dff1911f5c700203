import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { readStartOptions } from '../lib/start-options.ts';

describe('the options of npm start', () => {
  const read = (...args: string[]) => readStartOptions(args);

  it('that it does not know are passed on to the Firebase CLI', () => {
    const { cliOptions, verbose, importFrom } = read(
      ...['--inspect-functions', '9300', '--verbose', '--log-verbosity=DEBUG', '--debug', '--import', 'seed'],
    );
    assert.deepEqual(cliOptions, ['--inspect-functions', '9300', '--log-verbosity=DEBUG', '--debug']);
    assert.deepEqual([verbose, importFrom], [true, resolve('seed')]);
  });

  for (const args of [['--only', 'auth'], ['--project=acme'], ['-P', 'acme'], ['--config', 'x.json']]) {
    it(`refuse ${args.join(' ')}, which needs the Firebase CLI itself`, () => {
      assert.throws(() => read(...args), /^Error: npm start does not take .*npx firebase emulators:start/);
    });
  }

  it('export to the imported folder, and import nothing the first time', () => {
    const folder = mkdtempSync(join(tmpdir(), 'gatehouse-options-'));
    try {
      const both = ['--export-on-exit', '--verbose', '--import', folder];
      const { importFrom, exportTo, verbose } = read(...both);
      assert.deepEqual([importFrom, exportTo, verbose], [folder, folder, true]);
      const first = read('--import', join(folder, 'new'), '--export-on-exit');
      assert.deepEqual([first.importFrom, first.exportTo], [undefined, join(folder, 'new')]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('refuse an export without a folder, two ways to keep data, and an option without its value', () => {
    assert.throws(() => read('--export-on-exit'), /needs a folder, or --import/);
    assert.throws(() => read('--data', 'x', '--import', 'y'), /--data excludes --import/);
    assert.throws(() => read('--data'), /--data needs a value/);
  });
});
