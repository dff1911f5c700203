import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../lib/emulator-setup.ts';

const GIT_USER = ['-c', 'user.name=test', '-c', 'user.email=test@example.com'];

/**
 * A Git repository with the files of the last commit, in one commit, and the installed packages of this repository.
 *
 * @param origin clones this one instead
 */
export function copyRepository(origin?: Pick<Copy, 'folder'>): Copy {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-copy-'));

  function run(command: string, ...args: string[]): string {
    // The coverage of the copy is of no interest, and slow to collect.
    const env = { ...process.env, NODE_V8_COVERAGE: undefined };
    try {
      return execFileSync(command, args, { cwd: folder, encoding: 'utf8', env, stdio: 'pipe' });
    } catch (error) {
      const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
      throw new Error(`${command} ${args.join(' ')}\n${stdout}${stderr}`);
    }
  }
  const git = (...args: string[]) => run('git', ...GIT_USER, ...args);

  if (origin === undefined) {
    const archive = execFileSync('git', ['archive', 'HEAD'], { cwd: ROOT, maxBuffer: 2 ** 28 });
    execFileSync('tar', ['-x'], { cwd: folder, input: archive });
    git('init', '--quiet', '--initial-branch=main');
    git('add', '--all');
    git('commit', '--quiet', '--message=upstream');
  } else git('clone', '--quiet', origin.folder, '.');
  for (const path of ['node_modules', 'functions/node_modules']) {
    symlinkSync(join(ROOT, path), join(folder, path));
  }
  // .gitignore has the folders, which the links are not.
  writeFileSync(join(folder, '.git/info/exclude'), 'node_modules\n');
  const changed = () => git('diff', 'HEAD', '--name-only', '--diff-filter=d').split('\n').filter(Boolean);
  return { folder, run, git, changed, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

export interface Copy {
  readonly folder: string;
  /** Runs a program in the copy. @returns its output @throws Error with the output, when it fails */
  run(command: string, ...args: string[]): string;
  git(...args: string[]): string;
  /** The files that differ from the last commit, without deleted ones and those not added. */
  changed(): string[];
  remove(): void;
}
