import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Print, run } from './run.ts';

/** Whether the folder matches its lockfile: npm writes its own copy of it at the end of an install. */
function isInstalled(folder: string): boolean {
  const installed = join(folder, 'node_modules', '.package-lock.json');
  const lockfile = join(folder, 'package-lock.json');
  return existsSync(installed) && statSync(installed).mtimeMs >= statSync(lockfile).mtimeMs;
}

/** Installs what the lockfile of a folder names, if it has changed. Install scripts stay off. @returns whether it is installed */
export async function install(folder: string, print?: Print): Promise<boolean> {
  const args = ['ci', '--ignore-scripts', '--loglevel=error', '--prefer-offline'];
  return isInstalled(folder) || (await run('npm', args, { cwd: folder, ...(print && { print }) })) === 0;
}
