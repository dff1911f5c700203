import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const MAIN = fileURLToPath(new URL('../../../cli/main.ts', import.meta.url));
const gatehouse = (...args: string[]) => promisify(execFile)(process.execPath, [MAIN, ...args]);

describe('gatehouse: command line', () => {
  it('prints its version and its commands', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
    assert.equal((await gatehouse('--version')).stdout, `${version}\n`);
    assert.match((await gatehouse('--help')).stdout, /^Usage: gatehouse <command>/);
    assert.equal((await gatehouse()).stdout, (await gatehouse('--help')).stdout);
  });

  it('has a way to name an owner in a project with the package only', async () => {
    assert.match((await gatehouse('grant', '--help')).stdout, /^Usage: gatehouse grant .*<role> <e-mail/);
    await assert.rejects(gatehouse('grant', '--project', 'acme'), ({ code, stderr }) => {
      assert.equal(code, 1);
      assert.match(stderr, /^Usage: gatehouse grant/);
      return true;
    });
  });

  it('ends with 2 for a command that does not exist, and lists those that do', async () => {
    for (const name of ['dctor', 'constructor', '--verbose']) {
      await assert.rejects(gatehouse(name), ({ code, stderr }) => {
        assert.equal(code, 2);
        assert.match(stderr, new RegExp(`no command "${name}"[^]*Usage: gatehouse`));
        return true;
      });
    }
  });
});
