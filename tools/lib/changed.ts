import { spawnSync } from 'node:child_process';
import { ROOT } from './emulator-setup.ts';

/** What git prints, or undefined when it fails. */
function git(...args: string[]): string | undefined {
  const { status, stdout } = spawnSync('git', args, { cwd: ROOT, encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

/**
 * Whether a folder is the same as on the remote's main branch, where this one left it: files that are not committed
 * count. Says no where git cannot tell: without git or a remote, in a shallow clone, and when CI builds that very branch.
 */
export function isUnchanged(folder: string): boolean {
  if (git('rev-parse', '--is-shallow-repository') !== 'false') return false;
  const base = git('merge-base', 'HEAD', 'origin/HEAD') ?? git('merge-base', 'HEAD', 'origin/main');
  if (base === undefined) return false;
  if (process.env.CI !== undefined && base === git('rev-parse', 'HEAD')) return false;
  return (
    git('status', '--porcelain', '--', folder) === '' &&
    git('diff', '--name-only', base, 'HEAD', '--', folder) === ''
  );
}
