import { existsSync } from 'node:fs';
import { findOnPath, isProgram } from './programs.ts';
import { run } from './run.ts';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
const MAC = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';

/** The path of an installed Chrome or Chromium. As root on Debian, Chromium is installed if there is none. */
export async function findBrowser(): Promise<string | undefined> {
  const { CHROME_PATH } = process.env;
  if (CHROME_PATH) {
    if (isProgram(CHROME_PATH)) return CHROME_PATH;
    throw new Error(`CHROME_PATH is not an executable file: ${CHROME_PATH}`);
  }
  return findInstalled() ?? ((await installDebian()) ? findInstalled() : undefined);
}

const findInstalled = () => findOnPath(...NAMES) ?? [MAC].find(isProgram);

/** Installs Debian's Chromium, as root only, as in a container. Ubuntu's package of this name only installs a snap. */
async function installDebian(): Promise<boolean> {
  if (process.getuid?.() !== 0 || !existsSync('/etc/debian_version')) return false;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const timeout = 5 * 60_000;
  console.log('No Chrome or Chromium found; installing Debian’s ...');
  const update = ['-qq', 'update'];
  const install = ['-qq', 'install', '-y', '--no-install-recommends', 'chromium'];
  for (const args of [update, install]) {
    if ((await run('apt-get', args, { env, timeout }).catch(() => 1)) !== 0) return false;
  }
  return true;
}
