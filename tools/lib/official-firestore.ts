import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { quietEnv, ROOT } from './emulator-setup.ts';

/** The Firebase CLI refuses an older one (firebase-tools/lib/emulator/commandUtils.js). */
const MIN_JAVA = 21;
const DOWNLOAD_TIMEOUT_MS = 10 * 60_000;
const INSTEAD = 'or leave --firestore=official out';

/** The CLI's own account of where it keeps the emulator: FIREBASE_EMULATORS_PATH, else ~/.cache/firebase/emulators. */
interface DownloadableEmulators {
  getDownloadDetails(name: 'firestore'): { downloadPath: string; opts: { expectedSize: number } };
}

/**
 * Google's Firestore emulator is a Java program that the Firebase CLI downloads once. Downloads it where it is missing;
 * throws an error for people to read where it or its Java cannot be had.
 */
export async function requireOfficialFirestore(): Promise<void> {
  const java = javaVersion();
  if (java === undefined) {
    throw new Error(
      `--firestore=official needs Java ${MIN_JAVA}, and no java runs here; install it, ${INSTEAD}`,
    );
  }
  if (java < MIN_JAVA) {
    throw new Error(
      `--firestore=official needs Java ${MIN_JAVA}, and the java here is ${java}; update it, ${INSTEAD}`,
    );
  }
  const require = createRequire(import.meta.url);
  const emulators: DownloadableEmulators = require('firebase-tools/lib/emulator/downloadableEmulators.js');
  const { downloadPath, opts } = emulators.getDownloadDetails('firestore');
  if (existsSync(downloadPath)) return;

  const megabytes = Math.ceil(opts.expectedSize / 1_000_000);
  console.log(`Downloading Google's Firestore emulator (${megabytes} MB, once) ...`);
  const trouble = download();
  if (trouble !== undefined) {
    const cache = dirname(downloadPath);
    throw new Error(
      `Google's Firestore emulator is not in ${cache}, and its download failed: ${trouble}; ` +
        `run this again with a network, ${INSTEAD}`,
    );
  }
}

/** The major version of the `java` on the PATH, which is the one the CLI starts. */
function javaVersion(): number | undefined {
  const { status, stdout, stderr } = spawnSync('java', ['-version'], { encoding: 'utf8' });
  const major = /version "(\d+)/.exec(`${stdout}${stderr}`)?.[1];
  return status === 0 && major !== undefined ? Number(major) : undefined;
}

/** Has the CLI download it and check its digest; gives what went wrong, in a line. */
function download(): string | undefined {
  const scratch = mkdtempSync(join(tmpdir(), 'gatehouse-'));
  try {
    const cli = join(ROOT, 'node_modules', '.bin', 'firebase');
    const { status, stdout, stderr } = spawnSync(process.execPath, [cli, 'setup:emulators:firestore'], {
      ...{ cwd: scratch, env: quietEnv(scratch), encoding: 'utf8', timeout: DOWNLOAD_TIMEOUT_MS },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    if (status === 0) return undefined;
    return /Error: (.*)/.exec(`${stderr}${stdout}`)?.[1] ?? 'it took too long, or was interrupted';
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
