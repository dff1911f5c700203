import { spawnSync } from 'node:child_process';
import { ROOT } from './emulator-setup.ts';

/**
 * Whether a folder is the same as in the commit where this branch and the remote's main branch diverged. Uncommitted
 * files count as changes. False if git cannot tell: without git or a remote, in a shallow clone, and when CI builds main.
 */
export function isUnchanged(folder: string, root: string = ROOT): boolean {
  /** What git prints, or undefined when it fails. */
  const git = (...args: string[]) => {
    const { status, stdout } = spawnSync('git', args, { cwd: root, encoding: 'utf8' });
    return status === 0 ? stdout.trim() : undefined;
  };
  if (git('rev-parse', '--is-shallow-repository') !== 'false') return false;
  const base = git('merge-base', 'HEAD', 'origin/HEAD') ?? git('merge-base', 'HEAD', 'origin/main');
  if (base === undefined) return false;
  if (process.env.CI !== undefined && base === git('rev-parse', 'HEAD')) return false;
  return (
    git('status', '--porcelain', '--', folder) === '' &&
    git('diff', '--name-only', base, 'HEAD', '--', folder) === ''
  );
}
