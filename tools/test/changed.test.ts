import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { isUnchanged } from '../lib/changed.ts';

describe('isUnchanged', () => {
  const { CI } = process.env;
  let home: string;
  let clone: string;

  // When a git hook runs the tests, these variables name the repository of the hook.
  const { GIT_DIR, GIT_WORK_TREE, GIT_INDEX_FILE, ...env } = process.env;
  const git = (cwd: string, ...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com', ...args], {
      ...{ cwd, env, stdio: 'pipe' },
    });
  const write = (path: string, content: string) => {
    mkdirSync(dirname(join(clone, path)), { recursive: true });
    writeFileSync(join(clone, path), content);
  };
  const commit = (path: string, content: string) => {
    write(path, content);
    git(clone, 'add', '.');
    git(clone, 'commit', '-m', path);
  };

  beforeEach(() => {
    delete process.env.CI;
    home = mkdtempSync(join(tmpdir(), 'gatehouse-changed-'));
    clone = join(home, 'clone');
    const origin = join(home, 'origin.git');
    git(home, 'init', '-q', '--bare', '-b', 'main', origin);
    git(home, 'clone', '-q', origin, clone);
    git(clone, 'checkout', '-q', '-B', 'main');
    commit('lib/a.txt', 'a');
    git(clone, 'push', '-q', 'origin', 'main');
    git(clone, 'remote', 'set-head', 'origin', 'main');
  });
  afterEach(() => {
    if (CI !== undefined) process.env.CI = CI;
    rmSync(home, { recursive: true, force: true });
  });

  const isLibUnchanged = (root = clone) => isUnchanged('lib', root);

  it('is true without a change since the main branch of the remote', () => {
    assert.equal(isLibUnchanged(), true);
    git(clone, 'checkout', '-q', '-b', 'feature');
    commit('other/b.txt', 'b');
    assert.equal(isLibUnchanged(), true);
  });

  it('is false after a commit or an edit, and with a new file', () => {
    write('lib/new.txt', 'new');
    assert.equal(isLibUnchanged(), false);
    rmSync(join(clone, 'lib/new.txt'));
    write('lib/a.txt', 'b');
    assert.equal(isLibUnchanged(), false);
    git(clone, 'checkout', '-q', '-b', 'feature');
    commit('lib/a.txt', 'b');
    commit('other/b.txt', 'b');
    assert.equal(isLibUnchanged(), false);
  });

  it('is true when only the main branch has changed the folder', () => {
    git(clone, 'checkout', '-q', '-b', 'feature');
    commit('other/b.txt', 'b');
    git(clone, 'checkout', '-q', 'main');
    commit('lib/a.txt', 'b');
    git(clone, 'push', '-q', 'origin', 'main');
    git(clone, 'checkout', '-q', 'feature');
    assert.equal(isLibUnchanged(), true);
  });

  it('is false when git cannot tell', () => {
    process.env.CI = 'true';
    assert.equal(isLibUnchanged(), false, 'CI builds the main branch');
    delete process.env.CI;
    const shallow = join(home, 'shallow');
    git(home, 'clone', '-q', '--depth=1', `file://${join(home, 'origin.git')}`, shallow);
    assert.equal(isLibUnchanged(shallow), false, 'a shallow clone');
    git(clone, 'remote', 'remove', 'origin');
    assert.equal(isLibUnchanged(), false, 'no remote');
    assert.equal(isLibUnchanged(home), false, 'no repository');
  });
});
